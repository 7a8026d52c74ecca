import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MemoryDocument } from '../memory.ts'
import { applyChanges, invertChanges } from './apply.ts'
import type { DraftChange } from './change.ts'

const hash = (text: string) => `h(${text})`
const document = (path: string, content: string): MemoryDocument => ({
  path,
  content,
  contentSha256: hash(content),
})

function change(
  key: string,
  base: MemoryDocument | null,
  edits: DraftChange['edits'],
): DraftChange {
  return {
    key,
    operation: 'edit',
    path: base?.path ?? '/new.md',
    baseSha256: base?.contentSha256 ?? null,
    edits,
    leaves: 'content',
    before: null,
    after: null,
    rationale: 'because',
    grade: 'D',
    findingKeys: [],
    evidence: [],
  }
}

const text = 'one two three four five six seven eight'
const base = document('/a.md', text)
const words = [...text.matchAll(/\w+/g)].map((match) => ({ start: match.index, word: match[0] }))

/** Any mix of replacements, deletions and insertions, and new documents; some of them clash. */
const anyChange = fc.oneof(
  fc
    .tuple(fc.nat(words.length - 1), fc.constantFrom('', 'X', 'longer text'), fc.boolean())
    .map(([index, after, insert]) => {
      const { start, word } = words[index] as (typeof words)[number]
      return [base, [{ start, before: insert ? '' : word, after }]] as const
    }),
  fc
    .constantFrom('- a\n', '- b\n')
    .map((after) => [null, [{ start: 0, before: '', after }]] as const),
)
const changeSets = fc
  .array(anyChange, { maxLength: 8 })
  .map((list) => list.map(([on, edits], index) => change(`k${index}`, on, edits)))

describe('applying changes', () => {
  it('and then their inverses gives back every byte', () => {
    fc.assert(
      fc.property(changeSets, (changes) => {
        const done = applyChanges([base], changes, hash)
        const refused = new Set(done.refused.map((one) => one.change.key))
        const applied = changes.filter(({ key }) => !refused.has(key))
        const inverses = invertChanges(applied, { before: [base], after: done.documents })
        const undone = applyChanges(done.documents, inverses, hash)
        expect(undone.refused).toEqual([])
        expect(undone.documents).toEqual([base])
      }),
    )
  })

  it('does not depend on their order', () => {
    fc.assert(
      fc.property(changeSets, (changes) => {
        const [one, other] = [
          applyChanges([base], changes, hash),
          applyChanges([base], changes.toReversed(), hash),
        ]
        expect(other.documents).toEqual(one.documents)
      }),
    )
  })

  it('leaves other documents the very same', () => {
    const other = document('/b.md', 'untouched')
    const { documents } = applyChanges(
      [base, other],
      [change('k', base, [{ start: 0, before: 'one', after: '1' }])],
      hash,
    )
    expect(documents[1]).toBe(other)
    expect(documents[0]?.content).toBe('1 two three four five six seven eight')
  })

  it('refuses a change of a version that is no longer there', () => {
    const stale = {
      ...change('k', base, [{ start: 0, before: 'one', after: '1' }]),
      baseSha256: 'old',
    }
    const { documents, refused } = applyChanges([base], [stale], hash)
    expect(documents).toEqual([base])
    expect(refused[0]?.reason).toContain('no longer the version')
  })

  it('refuses the later of two changes of the same text', () => {
    const edits = [{ start: 0, before: 'one', after: '1' }]
    const { refused } = applyChanges(
      [base],
      [change('b', base, edits), change('a', base, edits)],
      hash,
    )
    expect(refused.map((one) => one.change.key)).toEqual(['b'])
  })
})
