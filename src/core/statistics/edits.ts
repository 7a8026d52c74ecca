/** One list of numbers, ready to be compared with many others: which of its places hold each number, as bits. */
export interface Matcher {
  readonly length: number
  readonly places: ReadonlyMap<number, Uint32Array>
}

const bits = 32

export function makeMatcher(list: readonly number[]): Matcher {
  const places = new Map<number, Uint32Array>()
  list.forEach((number, at) => {
    const words = places.get(number) ?? new Uint32Array(Math.ceil(list.length / bits))
    places.set(number, words)
    words[at >>> 5] = (words[at >>> 5] as number) | (1 << (at & 31))
  })
  return { length: list.length, places }
}

/**
 * Levenshtein distance, 32 cells at a time: the differences between neighbouring cells are bits, and a column
 * follows from the one before by additions (Myers 1999, in words as Hyyrö 2003 gives it).
 */
export function countEdits({ length, places }: Matcher, other: readonly number[]): number {
  if (length === 0) return other.length
  const words = Math.ceil(length / bits)
  const rises = new Int32Array(words).fill(-1)
  const falls = new Int32Array(words)
  const last = 1 << ((length - 1) & 31)
  let distance = length
  for (const number of other) {
    const matches = places.get(number)
    // The row above the first rises by one from column to column.
    let carry = 1
    for (let word = 0; word < words; word += 1) {
      const rise = rises[word] as number
      const fall = falls[word] as number
      const match = matches ? (matches[word] as number) : 0
      const diagonal = match | fall
      const equal = match | (carry < 0 ? 1 : 0)
      const zero = (((equal & rise) + rise) ^ rise) | equal
      let up = fall | ~(zero | rise)
      let down = rise & zero
      const top = word === words - 1 ? last : 1 << 31
      const out = (up & top) !== 0 ? 1 : (down & top) !== 0 ? -1 : 0
      up = (up << 1) | (carry > 0 ? 1 : 0)
      down = (down << 1) | (carry < 0 ? 1 : 0)
      rises[word] = down | ~(diagonal | up)
      falls[word] = up & diagonal
      carry = out
    }
    distance += carry
  }
  return distance
}
