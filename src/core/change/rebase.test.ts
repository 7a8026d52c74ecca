import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Edit } from './change.ts'
import { editsBetween } from './edits-between.ts'
import { rebaseEdits } from './rebase.ts'

/** Of edits in text order that do not overlap. */
function apply(text: string, edits: readonly Edit[]): string {
  let written = ''
  let from = 0
  for (const { start, before, after } of edits) {
    expect(text.slice(start, start + before.length)).toBe(before)
    expect(start).toBeGreaterThanOrEqual(from)
    written += text.slice(from, start) + after
    from = start + before.length
  }
  return written + text.slice(from)
}

function rebase(base: string, own: string, other: string) {
  const edits = editsBetween(base, own)
  const moved = editsBetween(base, other)
  return { edits, moved, ...rebaseEdits(base, { edits, moved }) }
}

const merged = (base: string, own: string, other: string) => {
  const { carried, clashing } = rebase(base, own, other)
  return { text: apply(other, carried), clashes: clashing.length }
}

// Few lines, so that texts share some; ends with and without a line feed.
const text = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', 'd e', ''), { maxLength: 8 }), fc.boolean())
  .map(([lines, ended]) => lines.join('\n') + (ended && lines.length > 0 ? '\n' : ''))
const runs = { numRuns: 5_000 }

describe('edits carried over to another text of the same base', () => {
  it('where the other text is the base, are what they were', () => {
    fc.assert(
      fc.property(text, text, (base, own) => {
        expect(merged(base, own, base)).toEqual({ text: own, clashes: 0 })
      }),
      runs,
    )
  })

  it('where the other text is the same, are all known', () => {
    fc.assert(
      fc.property(text, text, (base, own) => {
        const { known, edits, carried } = rebase(base, own, own)
        expect(known).toEqual(edits)
        expect(carried).toEqual([])
      }),
      runs,
    )
  })

  it('are each carried, known or clashing, once, and every carried one fits the other text', () => {
    fc.assert(
      fc.property(text, text, text, (base, own, other) => {
        const { edits, carried, known, clashing } = rebase(base, own, other)
        expect(carried.length + known.length + clashing.length).toBe(edits.length)
        apply(other, carried)
      }),
      runs,
    )
  })

  it('clash with each other or with none: who is asked first makes no difference', () => {
    fc.assert(
      fc.property(text, text, text, (base, own, other) => {
        const there = rebase(base, own, other)
        const back = rebase(base, other, own)
        expect(there.clashing.length === 0).toBe(back.clashing.length === 0)
        expect(there.known).toEqual(back.known)
      }),
      runs,
    )
  })

  it('give the same lines from either side where nothing clashes, in the same order but for lines put in at one place', () => {
    fc.assert(
      fc.property(text, text, text, (base, own, other) => {
        const there = merged(base, own, other)
        if (there.clashes > 0) return
        const back = merged(base, other, own)
        const sorted = (given: string) => given.split('\n').toSorted()
        expect(sorted(there.text)).toEqual(sorted(back.text))
        const { edits, moved } = rebase(base, own, other)
        const places = new Set(moved.map(({ start }) => start))
        if (!edits.some(({ start }) => places.has(start))) expect(there.text).toBe(back.text)
      }),
      runs,
    )
  })

  it('lose nothing that either side wrote where nothing clashes', () => {
    fc.assert(
      fc.property(text, text, text, (base, own, other) => {
        const { text: both, clashes } = merged(base, own, other)
        if (clashes > 0) return
        const lines = new Set(both.split('\n'))
        const known = new Set(base.split('\n'))
        for (const line of [...own.split('\n'), ...other.split('\n')]) {
          if (!known.has(line)) expect(lines).toContain(line)
        }
      }),
      runs,
    )
  })

  it.each([
    [
      'a line in front of one that the other changed',
      ['a\nb\n', 'a\nx\nb\n', 'a\nB\n', 'a\nx\nB\n'],
    ],
    [
      'notes at the end, those of the other first',
      ['a\n', 'a\nmine\n', 'a\nyours\n', 'a\nyours\nmine\n'],
    ],
    ['the same note', ['a\n', 'a\nn\n', 'a\nn\n', 'a\nn\n']],
    ['changes of neighbouring lines', ['a\nb\n', 'A\nb\n', 'a\nB\n', 'A\nB\n']],
    ['notes in an empty text', ['', 'mine\n', 'yours\n', 'yours\nmine\n']],
  ] as const)('take over %s', (_, [base, own, other, both]) => {
    expect(merged(base, own, other)).toEqual({ text: both, clashes: 0 })
  })

  it.each([
    ['the same line changed twice', ['fee 5\n', 'fee 6\n', 'fee 7\n']],
    ['two words of one line', ['the fee is 5\n', 'the fees are 5\n', 'the fee is 6\n']],
    ['a line that the other deleted', ['a\nb\n', 'a\nB\n', 'a\n']],
    ['a line put into what the other replaced', ['a\nb\n', 'a\nx\nb\n', 'c\n']],
    ['text behind a last line that nothing ends', ['a', 'a\nmine', 'a\nyours']],
    ['two texts in an empty one that nothing ends', ['', 'mine', 'yours']],
    ['a text behind a last line whose end the other took', ['a\n', 'a', 'a\nc']],
    ['a line whose end goes, and the next one', ['a\nb\n', 'ab\n', 'a\nB\n']],
    ['a text behind the last line, twice', ['a\n', 'a\nmine', 'a\nyours']],
  ] as const)('clash for %s', (_, [base, own, other]) => {
    expect(merged(base, own, other)).toEqual({ text: other, clashes: 1 })
  })
})
