import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { applyChanges } from '../change/apply.ts'
import type { MemoryDocument } from '../memory.ts'
import { taintAll } from '../trust/line-taints.ts'
import { type ArmOverlay, listNeedles, proposeOverlays } from './overlays.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const doc = (path: string, content: string): MemoryDocument => ({
  path,
  content,
  contentSha256: hash(content),
})

type Texts = readonly [path: string, base: string | null, now: string | null]

const arm = (name: string, ...files: readonly Texts[]): ArmOverlay => ({
  arm: name,
  storeId: `memstore_${name}` as never,
  sessions: 2,
  files: files.map(([path, base, now]) => ({
    path,
    base,
    now,
    writes: ['modified as memver_1 at 2026-11-25T08:00:00.000Z by api_key apikey_1'],
    evidence: [],
  })),
})

function ask(documents: readonly MemoryDocument[], ...arms: readonly ArmOverlay[]) {
  const found = proposeOverlays({
    experimentId: 'exp_1' as never,
    arms,
    documents,
    taints: taintAll(documents, 'operator'),
    sign: hash,
    hash,
  })
  const notes = found.notes.map(({ kind, arm: of, path }) => [kind, of, path])
  return { ...found, notes, reasons: found.notes.map(({ reason }) => reason) }
}

const rules = doc('/rules.md', '- One.\n- Two.\n')

describe('what agents of an experiment wrote', () => {
  it('applies to the store and gives what they wrote, where the store is what the arm began with', () => {
    const now = '- One.\n- One and a half.\n- 2.\n'
    const { changes, notes } = ask([rules], arm('0', ['/rules.md', rules.content, now]))
    expect(notes).toEqual([])
    expect(applyChanges([rules], changes, hash).documents[0]?.content).toBe(now)
  })

  it('on a candidate that was not promoted is carried over to the store without it', () => {
    const base = '- One.\n- Candidate.\n- Two.\n'
    const { changes } = ask([rules], arm('1', ['/rules.md', base, `${base}- Mine.\n`]))
    const { documents, refused } = applyChanges([rules], changes, hash)
    expect(refused).toEqual([])
    expect(documents[0]?.content).toBe('- One.\n- Two.\n- Mine.\n')
    const edited = base.replace('Candidate', 'The candidate')
    const clash = ask([rules], arm('1', ['/rules.md', base, edited]))
    expect(clash.changes).toEqual([])
    expect(clash.notes).toEqual([['conflict', '1', '/rules.md']])
  })

  it('is proposed where it fits and said to conflict where it does not', () => {
    const there = doc('/rules.md', '- One.\n- Two, by the store.\n')
    const now = '- Zero.\n- One.\n- Two, by the agent.\n'
    const { changes, notes, reasons } = ask([there], arm('0', ['/rules.md', rules.content, now]))
    expect(applyChanges([there], changes, hash).documents[0]?.content).toBe(
      '- Zero.\n- One.\n- Two, by the store.\n',
    )
    expect(notes).toEqual([['conflict', '0', '/rules.md']])
    expect(reasons[0]).toContain('the other places are proposed')
  })

  it.each<[string, readonly MemoryDocument[], Texts, string | null]>([
    ['a memory that the store lost', [], ['/a.md', 'a\n', 'b\n'], 'conflict'],
    ['a memory that the store made too', [doc('/a.md', 'x\n')], ['/a.md', null, 'b\n'], 'conflict'],
    ['a deletion', [rules], ['/rules.md', rules.content, null], 'deletion'],
    ['an empty memory', [], ['/a.md', null, ''], 'held_back'],
    ['what the store says already', [doc('/a.md', 'b\n')], ['/a.md', 'a\n', 'b\n'], null],
    ['a deletion of what is gone', [], ['/a.md', 'a\n', null], null],
  ])('proposes nothing of %s', (...given) => {
    const [, documents, file, kind] = given
    const { changes, notes, known } = ask(documents, arm('0', file))
    expect(changes).toEqual([])
    expect(notes).toEqual(kind === null ? [] : [[kind, '0', file[0]]])
    expect(known).toBe(kind === null ? 1 : 0)
  })

  it('has the taint of an agent, and a lower one of words that stood in the store with less', () => {
    const low = doc('/low.md', '- Heard from a stranger.\n')
    const ask2 = (text: string) =>
      proposeOverlays({
        experimentId: 'exp_1' as never,
        arms: [arm('0', ['/new.md', null, text])],
        documents: [low],
        taints: taintAll([low], 'untrusted'),
        sign: hash,
        hash,
      }).changes[0]?.trust
    expect(ask2('- My own words.\n')).toMatchObject({ taint: 'agent' })
    expect(ask2('- heard from a stranger.\n')).toMatchObject({ taint: 'untrusted' })
    expect(ask2('- My own words.\n')?.quarantine.map(({ rule }) => rule)).toEqual([
      'foreign_wording',
    ])
  })

  it('of several arms is one change where they wrote the same, and changes apart where not', () => {
    const own = `${rules.content}- Mine.\n`
    const same = ask(
      [rules],
      arm('1', ['/rules.md', rules.content, own]),
      arm('0', ['/rules.md', rules.content, own]),
    )
    expect(same.changes).toHaveLength(1)
    expect(same.notes).toEqual([])
    const other = ask(
      [rules],
      arm('1', ['/rules.md', rules.content, own]),
      arm('0', ['/rules.md', rules.content, `${rules.content}- Yours.\n`]),
    )
    expect(other.changes.map(({ after }) => after)).toEqual(['- Yours.', '- Mine.'])
    expect(other.notes).toEqual([['conflict', '0 1', '/rules.md']])
    for (const { trust } of other.changes)
      expect(trust.quarantine.map(({ rule }) => rule)).toEqual(['foreign_wording', 'other_arm'])
  })

  it('is the same proposal in the same order, whatever order the arms are given in', () => {
    const [a, b] = [arm('0', ['/x.md', null, 'x\n']), arm('1', ['/a.md', null, 'a\n'])]
    expect(ask([rules], a, b)).toEqual(ask([rules], b, a))
  })

  it('shows whole lines of what an edit inside of one makes', () => {
    const { changes } = ask([rules], arm('0', ['/rules.md', rules.content, '- One.\n- Three.\n']))
    expect(changes[0]).toMatchObject({ operation: 'edit', before: '- Two.', after: '- Three.' })
  })
})

describe('what is looked for in the sessions', () => {
  it('are the longest new lines, cut, and none that stands everywhere', () => {
    const base = 'a line that was there before\n'
    const long = 'x'.repeat(500)
    expect(listNeedles({ base, now: `${base}ok\na line that is new\n${long}\n` })).toEqual([
      'x'.repeat(200),
      'a line that is new',
    ])
    expect(listNeedles({ base, now: null })).toEqual([])
  })
})
