import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyChanges, locateEdits } from './apply.ts'
import type { Edit, ProposedChange } from './change.ts'
import { editsBetween } from './edits-between.ts'
import { TextHistory } from './text-history.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 12 })
const edit = fc.record({ at: fc.nat(40), length: fc.nat(4), after: letters })
const edits = fc.array(edit, { maxLength: 8 })

/** Each edit by a writer of its own, on the text as the ones before left it. */
function writeAll(base: string, given: readonly { at: number; length: number; after: string }[]) {
  const history = new TextHistory(base)
  for (const [index, { at, length, after }] of given.entries()) {
    const { text } = history
    const start = Math.min(at, text.length)
    const before = text.slice(start, start + length)
    history.write([{ owner: `w${index}`, start, before, after }])
    expect(history.text).toBe(text.slice(0, start) + after + text.slice(start + before.length))
  }
  return history
}

describe('the history of a text', () => {
  it('without any of its writers is the text of the beginning, whatever the order of taking them out', () => {
    fc.assert(
      fc.property(letters, edits, fc.infiniteStream(fc.nat()), (base, given, chance) => {
        const history = writeAll(base, given)
        const end = history.text
        const owners = given.map((_, index) => `w${index}`)
        const shuffled = owners.toSorted(() => ((chance.next().value as number) % 2) - 0.5)
        for (const owner of shuffled) history.hide([owner])
        expect(history.text).toBe(base)
        history.show(owners)
        expect(history.text).toBe(end)
      }),
    )
  })

  it('with one writer and its dependents taken out is what the others wrote alone', () => {
    fc.assert(
      fc.property(letters, edits, fc.nat(7), (base, given, pick) => {
        const history = writeAll(base, given)
        const end = history.text
        fc.pre(given.length > 0)
        const owner = `w${pick % given.length}`
        const gone = [owner, ...history.listDependents([owner])]
        expect(gone.every((one) => one >= owner)).toBe(true)
        history.hide(gone)
        if (gone.length === given.length) expect(history.text).toBe(base)
        expect(history.listDependents(gone)).toEqual([])
        history.show(gone)
        expect(history.text).toBe(end)
      }),
    )
  })

  it('names who wrote into what is taken out, and nobody who wrote beside it', () => {
    const history = new TextHistory('one\ntwo\n')
    history.write([{ owner: 'a', start: 3, before: '', after: '\nmiddle' }])
    history.write([{ owner: 'beside', start: 0, before: 'one', after: '1' }])
    history.write([{ owner: 'inside', start: 3, before: '', after: 'x' }])
    expect(history.text).toBe('1\nmxiddle\ntwo\n')
    expect(history.listDependents(['a'])).toEqual(['inside'])
    expect(history.listDependents(['beside'])).toEqual([])
  })

  it('names who changed what shall be removed again', () => {
    const history = new TextHistory('keep old keep')
    history.write([{ owner: 'a', start: 5, before: 'old', after: 'new' }])
    history.hide(['a'])
    history.write([{ owner: 'person', start: 6, before: 'l', after: 'L' }])
    expect(history.text).toBe('keep oLd keep')
    expect(history.listDependents(['a'])).toEqual(['person'])
  })
})

describe('the edits between two texts', () => {
  it('make the one of the other', () => {
    fc.assert(
      fc.property(letters, letters, (before, after) => {
        const history = new TextHistory(before)
        const found = editsBetween(before, after)
        for (const { start, before: gone } of found)
          expect(before.slice(start, start + gone.length)).toBe(gone)
        history.write(found.map((one) => ({ ...one, owner: 'a' })))
        expect(history.text).toBe(after)
      }),
    )
  })

  it('leave out what both ends share', () => {
    expect(editsBetween('a line\nrest', 'a line, edited\nrest')).toEqual([
      { start: 6, before: '', after: ', edited' },
    ])
  })
})

describe('changes that were applied in one or several writes', () => {
  const text = 'one two three four five six seven eight'
  const base = { path: '/a.md', content: text, contentSha256: text }
  const words = [...text.matchAll(/\w+/g)]
  const anyChange = fc
    .tuple(fc.nat(words.length - 1), fc.constantFrom('', 'X', 'longer text'), fc.boolean())
    .map(([index, after, insert]) => {
      const found = words[index] as RegExpExecArray
      return { start: found.index, before: insert ? '' : found[0], after }
    })
  const toChange = (edit: Edit, index: number): ProposedChange => ({
    key: `k${index}`,
    operation: 'edit',
    path: base.path,
    baseSha256: text,
    edits: [edit],
    leaves: 'content',
    before: null,
    after: null,
    rationale: '',
    grade: 'D',
    findingKeys: [],
    evidence: [],
    trust: { taint: 'agent', quarantine: [] },
  })
  const applied = (changes: readonly ProposedChange[]) =>
    applyChanges([base], changes, (one) => one).documents[0]?.content

  it('are taken back and put back in any order, and the text is always that of those that stand', () => {
    fc.assert(
      fc.property(
        fc.array(anyChange, { maxLength: 8 }),
        fc.nat(8),
        fc.array(fc.nat(7)),
        (edits, cut, toggles) => {
          const all = edits.map(toChange)
          const clashing = new Set(
            applyChanges([base], all, (one) => one).refused.map(({ change }) => change),
          )
          const changes = all.filter((one) => !clashing.has(one))
          const history = new TextHistory(text)
          const batches = [changes.slice(0, cut), changes.slice(cut)]
          for (const [at, batch] of batches.entries()) {
            const located = locateEdits(batch, at === 0 ? [] : changes.slice(0, cut))
            history.write(located.map(({ key, ...edit }) => ({ ...edit, owner: key })))
          }
          expect(history.text).toBe(applied(changes))
          const hidden = new Set<string>()
          for (const pick of toggles) {
            const key = changes[pick % Math.max(1, changes.length)]?.key
            if (key === undefined) continue
            expect(history.listDependents([key])).toEqual([])
            if (hidden.delete(key)) history.show([key])
            else history.hide([...hidden.add(key)])
            expect(history.text).toBe(applied(changes.filter((one) => !hidden.has(one.key))))
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
