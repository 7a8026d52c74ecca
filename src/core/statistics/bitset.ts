/** A set of row numbers as bits, 32 a word. */
export type Bitset = Uint32Array

export const emptyBitset = (rows: number): Bitset => new Uint32Array((rows + 31) >>> 5)

export function addBit(bits: Bitset, row: number): void {
  bits[row >>> 5] = (bits[row >>> 5] ?? 0) | (1 << (row & 31))
}

/** How many rows both sets hold; they must be of the same length. */
export function countShared(a: Bitset, b: Bitset): number {
  let sum = 0
  for (let word = 0; word < a.length; word += 1) {
    let x = (a[word] as number) & (b[word] as number)
    x -= (x >>> 1) & 0x55555555
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
    sum += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return sum
}
