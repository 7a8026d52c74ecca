import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CritiqueSubject, StoreDrift } from './critique.ts'
import { criticizeDrift } from './drift.ts'

const still: StoreDrift = {
  bytesNow: 10_000,
  bytesAdded: 0,
  bytesRemoved: 0,
  recent: { dreams: 10, bytesAdded: 0, bytesRemoved: 0, taken: 5, refused: 2 },
  undone: [],
}

const ask = (drift: Partial<StoreDrift>, earlierRejections = 0) =>
  criticizeDrift({
    change: { key: 'k' },
    drift: { ...still, ...drift },
    earlierRejections,
  } as CritiqueSubject)

describe('the drift critic', () => {
  it('says its figures of a store that stays what it was', () => {
    expect(ask({})).toEqual({
      critic: 'drift',
      verdict: 'accept',
      explanation:
        '0 % of the store was written by dreams, 0 % of what people wrote was removed by them; the last 10 grew it by 0 % and wrote and removed 0 % of its size; people refused 2 of their 7 proposals that were decided.',
    })
  })

  it.each([
    ['written by dreams', { bytesAdded: 5_100 }, 'Dreams wrote most of this store.'],
    ['removed by dreams', { bytesRemoved: 10_100 }, 'Dreams removed most of what people wrote.'],
    [
      'grown by the newest dreams',
      { bytesAdded: 4_000, recent: { ...still.recent, bytesAdded: 4_000 } },
      'The newest dreams make it grow fast.',
    ],
    [
      'written anew by the newest dreams, at the same size',
      { recent: { ...still.recent, bytesAdded: 5_100, bytesRemoved: 5_100 } },
      'The newest dreams write it anew rather than keep it.',
    ],
    [
      'whose people say no',
      { recent: { ...still.recent, taken: 4, refused: 6 } },
      'People refuse most of what is proposed here.',
    ],
    [
      'that took the same back before',
      { undone: ['k'] },
      'The same was applied and taken back before; it is argued again.',
    ],
  ] as const)('wants somebody to look at one %s', (_, drift, text) => {
    expect(ask(drift)).toMatchObject({ verdict: 'revise' })
    expect(ask(drift).explanation.startsWith(text)).toBe(true)
  })

  it('names every reason, and argues no small store over bytes', () => {
    const both = ask({ bytesAdded: 6_000, undone: ['k'] }, 2).explanation
    expect(both).toContain('rejected 2 times before')
    expect(both).toContain('taken back before')
    expect(both).toContain('Dreams wrote most of this store.')
    expect(ask({ bytesNow: 3_000, bytesAdded: 3_000 }).verdict).toBe('accept')
  })

  it('minds a store no less when dreams wrote, removed or were refused more', () => {
    const bytes = fc.nat(40_000)
    const any = fc.record({ added: bytes, removed: bytes, taken: fc.nat(30), refused: fc.nat(30) })
    const minds = (one: { added: number; removed: number; taken: number; refused: number }) =>
      ask({
        bytesNow: 20_000,
        bytesAdded: one.added,
        bytesRemoved: one.removed,
        recent: {
          dreams: 10,
          bytesAdded: one.added,
          bytesRemoved: one.removed,
          taken: one.taken,
          refused: one.refused,
        },
      }).verdict === 'revise'
    fc.assert(
      fc.property(any, fc.nat(5_000), (one, more) => {
        if (!minds({ ...one, removed: 0 })) return
        expect(minds({ ...one, removed: 0, added: one.added + more })).toBe(true)
        expect(minds({ ...one, removed: 0, refused: one.refused + more })).toBe(true)
      }),
    )
  })
})
