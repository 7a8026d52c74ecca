import { describe, expect, it } from 'vitest'
import type { ProposedChange } from '../change/change.ts'
import { guardShrinking } from './shrink-guard.ts'

const removal = (key: string, length: number): ProposedChange => ({
  key,
  operation: 'merge',
  path: '/a.md',
  baseSha256: 'x',
  edits: [{ start: 0, before: 'x'.repeat(length), after: '' }],
  leaves: 'content',
  before: null,
  after: null,
  rationale: '',
  grade: 'D',
  findingKeys: [],
  evidence: [],
  trust: { taint: 'operator', quarantine: [] },
})
const store = (size: number) => [{ path: '/a.md', content: 'x'.repeat(size), contentSha256: 'x' }]

describe('the shrink guard', () => {
  it('lets a fifth of a memory go in one dream and leaves the rest for the next', () => {
    const { kept, heldBack } = guardShrinking(
      [removal('a', 1_000), removal('b', 900), removal('c', 500)],
      store(10_000),
    )
    expect(kept.map(({ key }) => key)).toEqual(['a', 'b'])
    expect(heldBack).toEqual([expect.stringContaining('1 removals')])
  })

  it('does not stand in the way of small memories', () => {
    expect(guardShrinking([removal('a', 500)], store(1_000)).heldBack).toEqual([])
  })
})
