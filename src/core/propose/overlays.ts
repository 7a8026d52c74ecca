import type { DraftChange, Edit, ProposedChange } from '../change/change.ts'
import { editsBetween } from '../change/edits-between.ts'
import { rebaseEdits } from '../change/rebase.ts'
import type { Evidence } from '../evidence.ts'
import type { ExperimentId, Hash, MemoryStoreId } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import { keysOf, type LineTaintTable, taintOfText } from '../trust/line-taints.ts'
import { maskPersonalData, type Sign } from '../trust/personal-data.ts'
import type { QuarantineReason } from '../trust/quarantine.ts'
import { lowestTaint, type Taint } from '../trust/taint.ts'

/** One file of an overlay that is not what its arm began with. */
export interface OverlayFile {
  readonly path: string
  /** What stood there before; null: nothing did. */
  readonly base: string | null
  /** What agents left; null: they deleted it. */
  readonly now: string | null
  /** Who wrote it, when, as which version: one line a write. */
  readonly writes: readonly string[]
  /** Where sessions of the arm say the words. */
  readonly evidence: readonly Evidence[]
}

export interface ArmOverlay {
  readonly arm: string
  readonly storeId: MemoryStoreId
  /** Sessions that had it mounted. */
  readonly sessions: number
  readonly files: readonly OverlayFile[]
}

export interface OverlayInput {
  readonly experimentId: ExperimentId
  readonly arms: readonly ArmOverlay[]
  /** The memory store as it is now. */
  readonly documents: readonly MemoryDocument[]
  readonly taints: LineTaintTable
  readonly sign: Sign
  readonly hash: Hash
}

/**
 * What was not proposed as it was written, and why. `conflict`: the store or another arm has another text there;
 * `deletion`: agents deleted a memory; `held_back`: nothing of it may be proposed.
 */
export interface OverlayNote {
  readonly kind: 'conflict' | 'deletion' | 'held_back'
  readonly arm: string
  readonly path: string
  readonly reason: string
}

export interface OverlayProposals {
  readonly changes: readonly ProposedChange[]
  readonly notes: readonly OverlayNote[]
  /** Files whose text stands in the store already. */
  readonly known: number
}

/** What a dream that carries what agents of an experiment wrote leaves for the experiment's page. */
export interface OverlayReport {
  readonly files: number
  readonly leftOut: number
  /** Files whose text stood in the memory store already. */
  readonly known: number
  readonly proposals: number
  readonly arms: readonly {
    readonly arm: string
    readonly storeId: MemoryStoreId
    readonly sessions: number
    readonly files: number
  }[]
  readonly notes: readonly OverlayNote[]
}

/** Writes of one file that its proposal names. */
const mostWritesNamed = 5

/**
 * What agents wrote into the stores of their arms, as changes of the memory store: of each file what differs from what
 * its arm began with, carried over to what the store holds now. Arms that wrote the same are one change; what they wrote
 * otherwise at one path are changes apart. Each is an agent's text, so a person decides on each.
 */
export function proposeOverlays(input: OverlayInput): OverlayProposals {
  const stored = new Map(input.documents.map((one) => [one.path, one]))
  const lowest = lowestOfLines(input.taints)
  const notes: OverlayNote[] = []
  const drafts = new Map<string, Draft>()
  let known = 0
  for (const { overlay, file } of inOrder(input.arms)) {
    const found = compareFile(file, stored.get(file.path) ?? null)
    const place = { arm: overlay.arm, path: file.path }
    notes.push(...found.notes.map((note) => ({ ...place, ...note })))
    if (found.isKnown) known += 1
    const edits = found.edits.map((edit) => ({
      ...edit,
      after: maskPersonalData(edit.after, input.sign).text,
    }))
    if (edits.length === 0) continue
    const key = nameDraft(input.hash, file.path, edits)
    const before = drafts.get(key)
    const sources = [...(before?.sources ?? []), { overlay, file }]
    drafts.set(key, { key, path: file.path, edits, sources, document: stored.get(file.path) })
  }
  const ordered = [...drafts.values()]
  const byPath = Map.groupBy(ordered, ({ path }) => path)
  notes.push(...[...byPath.values()].flatMap(noteRivals))
  const changes = ordered.map((draft) => {
    const rivals = (byPath.get(draft.path) ?? []).filter((one) => one !== draft)
    return toChange(input, draft, { rivals, lowest })
  })
  return { changes, notes, known }
}

interface Source {
  readonly overlay: ArmOverlay
  readonly file: OverlayFile
}

interface Draft {
  readonly key: string
  readonly path: string
  readonly edits: readonly Edit[]
  /** The arms that wrote it. */
  readonly sources: readonly Source[]
  readonly document: MemoryDocument | undefined
}

const inOrder = (arms: readonly ArmOverlay[]): Source[] =>
  arms
    .flatMap((overlay) => overlay.files.map((file) => ({ overlay, file })))
    .toSorted((a, b) => compare(a.file.path, b.file.path) || compare(a.overlay.arm, b.overlay.arm))

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const nameDraft = (hash: Hash, path: string, edits: readonly Edit[]) =>
  hash(JSON.stringify(['overlay', path, edits.map(({ before, after }) => [before, after])])).slice(
    0,
    24,
  )

interface Compared {
  readonly edits: readonly Edit[]
  readonly notes: readonly Pick<OverlayNote, 'kind' | 'reason'>[]
  readonly isKnown?: boolean
}

/** Three texts: what the arm began with, what agents left, what the store holds. */
function compareFile({ base, now }: OverlayFile, stored: MemoryDocument | null): Compared {
  const there = stored?.content ?? null
  if (there === now) return { edits: [], notes: [], isKnown: true }
  if (now === null) {
    const reason =
      'agents deleted it; a deletion is not proposed: delete the memory by hand if it should go'
    return { edits: [], notes: [{ kind: 'deletion', reason }] }
  }
  if (there === null) {
    if (base !== null) return conflict('the memory store does not hold it any more')
    if (now === '') return { edits: [], notes: [{ kind: 'held_back', reason: 'it is empty' }] }
    return { edits: [{ start: 0, before: '', after: now }], notes: [] }
  }
  if (base === null) return conflict('the memory store holds another text there by now')
  const { carried, clashing } = rebaseEdits(base, {
    edits: editsBetween(base, now),
    moved: base === there ? [] : editsBetween(base, there),
  })
  if (clashing.length === 0) return { edits: carried, notes: [], isKnown: carried.length === 0 }
  const part = carried.length === 0 ? '' : '; the other places are proposed'
  const places = clashing.length === 1 ? 'place' : 'places'
  return {
    edits: carried,
    notes: [
      {
        kind: 'conflict',
        reason: `at ${clashing.length} ${places} the memory store holds other lines than the arm began with${part}`,
      },
    ],
  }
}

const conflict = (reason: string): Compared => ({
  edits: [],
  notes: [{ kind: 'conflict', reason }],
})

function noteRivals(drafts: readonly Draft[]): OverlayNote[] {
  const [first, ...others] = drafts
  if (!first || others.length === 0) return []
  const arms = [...new Set(drafts.flatMap(({ sources }) => sources.map(armOf)))].toSorted()
  const reason = `arms ${arms.join(' and ')} wrote different texts; each is proposed, and nothing is merged`
  return [{ kind: 'conflict', arm: arms.join(' '), path: first.path, reason }]
}

const armOf = ({ overlay }: Source) => overlay.arm

interface Around {
  /** Other texts for the same path. */
  readonly rivals: readonly Draft[]
  readonly lowest: ReadonlyMap<string, Taint>
}

function toChange(input: OverlayInput, draft: Draft, { rivals, lowest }: Around): ProposedChange {
  const { key, path, edits, sources, document } = draft
  const evidence = sources.flatMap(({ file }) => file.evidence)
  return {
    key,
    path,
    edits,
    ...showEdits(edits, document?.content ?? ''),
    operation: edits.every(({ before }) => before === '') ? 'add' : 'edit',
    baseSha256: document?.contentSha256 ?? null,
    leaves: 'content',
    rationale: sources.map((source) => explain(input.experimentId, source)).join(' '),
    // Seen once, cause unknown: that agents wrote it says nothing of whether it is right.
    grade: 'D',
    findingKeys: [`overlay:${input.experimentId}`],
    evidence,
    trust: {
      taint: lowestTaint([
        'agent',
        ...evidence.map(({ taint }) => taint),
        ...edits.flatMap((edit) => {
          const lines = linesOf(document?.content ?? '', edit)
          const isReplacing = edit.before.trim() !== ''
          return isReplacing
            ? [taintOfText(input.taints, path, lines.front + edit.before + lines.back)]
            : []
        }),
        ...edits.flatMap(({ after }) => keysOf(after).flatMap((line) => lowest.get(line) ?? [])),
      ]),
      quarantine: [agentsWords, ...(rivals.length === 0 ? [] : [otherArm(rivals)])],
    },
  }
}

const agentsWords: QuarantineReason = {
  rule: 'foreign_wording',
  explanation:
    'It is in the words of agents, who wrote it for themselves; it is no rule until a person says so.',
}

const otherArm = (rivals: readonly Draft[]): QuarantineReason => ({
  rule: 'other_arm',
  explanation: `Agents of arm ${[...new Set(rivals.flatMap(({ sources }) => sources.map(armOf)))].toSorted().join(' and ')} wrote something else into the same memory: choose.`,
})

/** For people: whole lines, before and after. */
function showEdits(edits: readonly Edit[], text: string): Pick<DraftChange, 'before' | 'after'> {
  const isAdded = edits.every(({ before }) => before === '')
  if (isAdded) {
    return { before: null, after: edits.map(({ after }) => trimFeeds(after)).join('\n') }
  }
  const shown = edits.map((edit) => {
    const { front, back } = linesOf(text, edit)
    return {
      before: trimFeeds(front + edit.before + back),
      after: trimFeeds(front + edit.after + back),
    }
  })
  const join = (name: 'before' | 'after') =>
    shown
      .map((one) => one[name])
      .filter((one) => one !== '')
      .join('\n') || null
  return { before: join('before'), after: join('after') }
}

const trimFeeds = (text: string) => text.replace(/^\n+|\n+$/g, '')

/** What stands before and behind an edit on the lines that it touches. */
function linesOf(text: string, { start, before, after }: Edit) {
  const end = start + before.length
  const feed = text.indexOf('\n', end)
  const isEnded = before.endsWith('\n') || (before === '' && after.endsWith('\n'))
  return {
    front: start === 0 ? '' : text.slice(text.lastIndexOf('\n', start - 1) + 1, start),
    back: isEnded ? '' : text.slice(end, feed < 0 ? text.length : feed),
  }
}

/** Words that stood somewhere in the store with less trust do not gain any by an agent's copying them. */
function lowestOfLines(table: LineTaintTable): ReadonlyMap<string, Taint> {
  const lowest = new Map<string, Taint>()
  for (const lines of table.values()) {
    for (const [key, taint] of lines)
      lowest.set(key, lowestTaint([taint, lowest.get(key) ?? taint]))
  }
  return lowest
}

function explain(experimentId: ExperimentId, { overlay, file }: Source): string {
  const { writes, evidence } = file
  const named = writes.slice(-mostWritesNamed)
  const left = writes.length - named.length
  const quoted = [...new Set(evidence.map(({ sessionId }) => sessionId))]
  return [
    `Agents of arm ${overlay.arm} of experiment ${experimentId} wrote it into their own store ${overlay.storeId}:`,
    `${named.join('; ')}${left > 0 ? `; and ${left} earlier writes` : ''}.`,
    quoted.length > 0
      ? `Its words stand in ${quoted.join(', ')}.`
      : `${overlay.sessions} sessions had it mounted; its words were not found in what they say.`,
  ].join(' ')
}

/** Shorter lines stand everywhere. */
const shortestNeedle = 12
const longestNeedle = 200
const needlesPerFile = 3

/** Lines to look for in the sessions: the longest of those that are new, cut where they are long. */
export function listNeedles({ base, now }: Pick<OverlayFile, 'base' | 'now'>): string[] {
  const known = new Set((base ?? '').split('\n'))
  return [...new Set((now ?? '').split('\n'))]
    .filter((line) => !known.has(line) && line.trim().length >= shortestNeedle)
    .map((line) => line.trim().slice(0, longestNeedle).toWellFormed())
    .toSorted((a, b) => b.length - a.length || compare(a, b))
    .slice(0, needlesPerFile)
}
