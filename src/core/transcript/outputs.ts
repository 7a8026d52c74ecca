/** Fewest telling words that a result must have before their use says anything. */
const fewestWords = 3
/** Characters and words of one result that are looked at. */
const maxText = 16_000
const maxWords = 200

const telling = /\b(?:\p{L}[\p{L}\p{N}_]{7,40}|[\p{L}_]*\d[\p{L}\p{N}_.-]{2,40})\b/gu

/** Ids, numbers of three digits and more, and words of eight letters and more: what a later step may use. */
export function tellingWords(text: string): Set<string> {
  const looked = text.slice(0, maxText)
  if (!foreign.test(looked)) return scanPlain(looked)
  const found = new Set<string>()
  for (const [word] of looked.matchAll(telling)) {
    found.add(word.toLowerCase())
    if (found.size === maxWords) break
  }
  return found
}

/** Kinds of ASCII characters, for telling words without the regular expression: a tenth of its time. */
const [other, letter, digit, joining] = [0, 1, 2, 3]
const kinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[A-Za-z_]/.test(character)) return letter as number
  if (/\d/.test(character)) return digit as number
  return character === '.' || character === '-' ? (joining as number) : (other as number)
})
const underscore = 95
const isWord = (kind: number | undefined) => kind === letter || kind === digit

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII, control characters too
const foreign = /[^\x00-\x7f]/

/** The same words as `telling` finds, in ASCII text. */
function scanPlain(text: string): Set<string> {
  const found = new Set<string>()
  const { length } = text
  let at = 0
  while (at < length) {
    const kind = kinds[text.charCodeAt(at)] as number
    if (kind !== letter && kind !== digit) {
      at += 1
      continue
    }
    let hasDigit = kind === digit
    let end = at + 1
    for (; end < length; end += 1) {
      const next = kinds[text.charCodeAt(end)] as number
      if (next === digit) hasDigit = true
      else if (next !== letter) break
    }
    // Short words without a digit are most of any text, and never match.
    const matched = hasDigit || end - at >= 8 ? matchAt(text, at, end) : at
    if (matched > at) {
      found.add(text.slice(at, matched).toLowerCase())
      if (found.size === maxWords) break
    }
    at = Math.max(end, matched)
  }
  return found
}

/** Where the match that begins with the word `[from, end)` ends; `from` where none does. */
function matchAt(text: string, from: number, end: number): number {
  const length = end - from
  const first = text.charCodeAt(from)
  if (length >= 8 && length <= 41 && kinds[first] === letter && first !== underscore) return end
  let number = from
  while (number < end && kinds[text.charCodeAt(number)] !== digit) number += 1
  if (number === end) return from
  // Up to 40 more, over points and hyphens, as far as the last that ends a word.
  let reach = number + 1
  while (reach < text.length && reach <= number + 40 && kinds[text.charCodeAt(reach)] !== other) {
    reach += 1
  }
  for (; reach >= number + 3; reach -= 1) {
    const before = isWord(kinds[text.charCodeAt(reach - 1)])
    if (before !== (reach < text.length && isWord(kinds[text.charCodeAt(reach)]))) return reach
  }
  return from
}

/** Follows which words of results occur again in what the agent calls or says later. */
export class OutputUse {
  readonly #waiting = new Map<string, number[]>()
  readonly #sizes = new Map<number, number>()
  readonly #used = new Map<number, number>()
  readonly #known = new Set<string>()

  /** Words that the conversation held before do not tell that this result was used. */
  produce(step: number, text: string): void {
    let size = 0
    for (const word of tellingWords(text)) {
      if (this.#known.has(word)) continue
      size += 1
      const steps = this.#waiting.get(word)
      if (steps) steps.push(step)
      else this.#waiting.set(word, [step])
    }
    this.#sizes.set(step, size)
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
