/** Numbers texts in the order in which they first come; the same text has one number, and is kept once. */
export class Lexicon {
  readonly texts: string[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.texts.length)
    this.texts.push(text)
    return this.texts.length - 1
  }

  /** The number of a text that may not be known; -1 then. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1
  }

  textOf(number: number): string {
    return this.texts[number] ?? ''
  }
}
