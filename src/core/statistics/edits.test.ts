import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countEdits, makeMatcher } from './edits.ts'

/** Cell by cell, as the definition says. */
function countByCell(a: readonly number[], b: readonly number[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  a.forEach((one, i) => {
    const next = [i + 1]
    b.forEach((other, j) => {
      const changed = (row[j] ?? 0) + (one === other ? 0 : 1)
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, changed))
    })
    row = next
  })
  return row.at(-1) ?? 0
}

it('counts edits 32 cells at a time as cell by cell', () => {
  const list = (maxLength: number) => fc.array(fc.nat(5), { maxLength, size: 'max' })
  fc.assert(
    fc.property(list(110), list(110), (a, b) => {
      expect(countEdits(makeMatcher(a), b)).toBe(countByCell(a, b))
    }),
    { numRuns: 500 },
  )
})
