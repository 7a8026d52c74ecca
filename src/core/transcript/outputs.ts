/** Fewest telling words that a result must have before their use says anything. */
const fewestWords = 3
/** Characters and words of one result that are looked at. */
const maxText = 16_000
const maxWords = 200

const telling = /\b(?:\p{L}[\p{L}\p{N}_]{7,40}|[\p{L}_]*\d[\p{L}\p{N}_.-]{2,40})\b/gu

/** Ids, numbers of three digits and more, and words of eight letters and more: what a later step may use. */
function tellingWords(text: string): Set<string> {
  const found = new Set<string>()
  for (const [word] of text.slice(0, maxText).matchAll(telling)) {
    found.add(word.toLowerCase())
    if (found.size === maxWords) break
  }
  return found
}

/** Follows which words of results occur again in what the agent calls or says later. */
export class OutputUse {
  readonly #waiting = new Map<string, Set<number>>()
  readonly #sizes = new Map<number, number>()
  readonly #used = new Map<number, number>()
  readonly #known = new Set<string>()

  /** Words that the conversation held before do not tell that this result was used. */
  produce(step: number, text: string): void {
    const words = tellingWords(text).difference(this.#known)
    this.#sizes.set(step, words.size)
    for (const word of words) {
      const steps = this.#waiting.get(word) ?? new Set()
      this.#waiting.set(word, steps.add(step))
    }
  }

  consume(text: string): void {
    for (const word of tellingWords(text)) {
      for (const step of this.#waiting.get(word) ?? []) {
        this.#used.set(step, (this.#used.get(step) ?? 0) + 1)
      }
      this.#waiting.delete(word)
      this.#known.add(word)
    }
  }

  shareOf(step: number): number | null {
    const size = this.#sizes.get(step) ?? 0
    return size < fewestWords ? null : (this.#used.get(step) ?? 0) / size
  }
}
