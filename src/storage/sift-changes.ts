import { applyChanges, locateEdits } from '../core/change/apply.ts'
import type { Edit } from '../core/change/change.ts'
import { DomainError } from '../core/errors.ts'
import type { Hash } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { findExcess } from '../core/propose/budget.ts'
import { type Admission, admitChanges } from '../core/review/admit.ts'
import { findUnconserved } from '../core/review/guards.ts'
import type { JudgedProposal } from '../core/review/judge.ts'
import { type SortedApprovals, sortApprovals } from './approvals.ts'
import type { StoredChange } from './changes.ts'
import type { Reader } from './database.ts'
import type { JudgingReader, Panel } from './judging.ts'
import { findOverlap } from './memories.ts'
import { findMemoryVersion } from './memory-versions.ts'
import { explain } from './review-changes.ts'
import { listReviews } from './reviews.ts'
import type { StoredMemory } from './stored-memory.ts'

/** What may be written of some changes, and what not. */
export interface Sifted {
  readonly groups: readonly MemoryGroup[]
  /** Accepted changes that go back to review, and why. */
  readonly returned: readonly NotWritten[]
  /** Accepted changes that the policy lets through at another time, and why not now. */
  readonly waiting: readonly NotWritten[]
  /** What the policy says of each of them now. */
  readonly judged: readonly { readonly change: StoredChange; readonly proposal: JudgedProposal }[]
}

interface NotWritten {
  readonly change: StoredChange
  readonly reason: string
  /** Whether somebody or some rule has to agree, an experiment has to prove it, or the store holds something else by now. */
  readonly kind: 'objection' | 'unproven' | 'conflict'
}

/** What is written of one memory, in one version. */
export interface MemoryGroup {
  readonly path: string
  readonly changes: readonly StoredChange[]
  /** Null: the memory does not exist yet. */
  readonly head: StoredMemory | null
  readonly after: MemoryDocument
  /** In offsets of the head. */
  readonly edits: readonly (Edit & { readonly key: string })[]
}

interface ToSift {
  readonly wanted: readonly StoredChange[]
  readonly applied: readonly StoredChange[]
  /** What stands in the store. */
  readonly memories: readonly StoredMemory[]
}

/** One memory after the other, so that limits of the store count what was let through before. */
export async function siftAll(
  reader: JudgingReader,
  panel: Panel,
  { wanted, applied, memories }: ToSift,
): Promise<Sifted> {
  let sifted: Sifted = { groups: [], returned: [], waiting: [], judged: [] }
  let state: Admission = { size: panel.size, written: 0 }
  for (const [path, changes] of Map.groupBy(wanted, ({ change }) => change.path)) {
    const siblings = applied.filter(({ change }) => change.path === path)
    const head = memories.find((one) => one.path === path) ?? null
    const found = await siftMemory(reader, panel, { path, changes, siblings, head, state })
    state = found.state
    sifted = {
      groups: [...sifted.groups, ...found.groups],
      returned: [...sifted.returned, ...found.returned],
      waiting: [...sifted.waiting, ...found.waiting],
      judged: [...sifted.judged, ...found.judged],
    }
  }
  return sifted
}

interface Sifting extends Pick<MemoryGroup, 'path' | 'changes' | 'head'> {
  /** Changes of the same dream that stand in the memory already. */
  readonly siblings: readonly StoredChange[]
  readonly state: Admission
}

async function siftMemory(
  reader: JudgingReader,
  panel: Panel,
  given: Sifting,
): Promise<Sifted & { readonly state: Admission }> {
  const approvals = new Map<StoredChange, SortedApprovals>()
  for (const one of given.changes) {
    const reviews = await listReviews(reader, one.id)
    approvals.set(one, await sortApprovals(reader, one, { reviews, panel }))
  }
  const gone = given.changes.flatMap((change) => {
    const { standing = [], void: reasons = [] } = approvals.get(change) ?? {}
    const [reason] = standing.length === 0 ? reasons : []
    return reason === undefined ? [] : [{ change, reason, kind: 'objection' as const }]
  })
  const changes = given.changes.filter((one) => !gone.some(({ change }) => change === one))
  const found = await siftApproved(reader, panel, { ...given, changes, approvals })
  return { ...found, returned: [...gone, ...found.returned] }
}

interface Approved extends Sifting {
  readonly approvals: ReadonlyMap<StoredChange, SortedApprovals>
}

async function siftApproved(
  reader: JudgingReader,
  panel: Panel,
  given: Approved,
): Promise<Sifted & { readonly state: Admission }> {
  const { path, changes, siblings, approvals, state } = given
  const base = await readBase(reader, changes[0])
  const standing = siblings.map(({ change }) => change)
  const obstacle = await findObstacle(reader, panel, { ...given, base })
  if (obstacle !== null || base === 'redacted') {
    const reason = obstacle ?? `the version of ${path} that it is based on was redacted`
    const returned = changes.map((change) => ({ change, reason, kind: 'conflict' as const }))
    return { groups: [], returned, waiting: [], judged: [], state }
  }
  const admitted = await admitChanges(
    { ones: changes, base, standing, state, hash: reader.hash },
    async (one, target) => {
      const held = approvals.get(one)?.standing.map(({ approval }) => approval) ?? []
      return panel.judge(await panel.prepare(one, { approvals: held, target }))
    },
  )
  const stopped = admitted.stopped.map(({ one, judged }) => ({
    change: one,
    ...explainStop(judged, approvals.get(one)),
  }))
  const returned = stopped.filter(({ passes }) => !passes)
  const result = {
    waiting: stopped.filter(({ passes }) => passes),
    judged: admitted.judged.map(({ one, judged }) => ({ change: one, proposal: judged })),
  }
  const { kept } = admitted
  if (kept.length === 0) return { ...result, groups: [], returned, state: admitted.state }
  const group = makeGroup({ ...given, changes: kept }, { base, hash: reader.hash })
  if (typeof group === 'object')
    return { ...result, groups: [group], returned, state: admitted.state }
  const back = kept.map((change) => ({ change, reason: group, kind: 'conflict' as const }))
  return { ...result, groups: [], returned: [...returned, ...back], state }
}

/** Why nothing of a memory can be written: somebody was there after the dream, or is in the way. */
async function findObstacle(
  reader: JudgingReader,
  { dream }: Panel,
  { path, siblings, head, base }: Sifting & { readonly base: MemoryDocument | null | 'redacted' },
): Promise<string | null> {
  if (base === 'redacted') return null
  const expected = documentWith({ path, siblings, changes: [] }, base, reader.hash)
  if ((expected?.contentSha256 ?? null) !== (head?.contentSha256 ?? null)) {
    return explainConflict(path, head)
  }
  if (head !== null) return null
  const place = { storeId: dream.inputStoreId, path, id: null }
  return (await findOverlap(reader, place))?.message ?? null
}

/** The memory with what stands in it of the dream and with more. */
function documentWith(
  { path, siblings, changes }: Pick<Sifting, 'path' | 'siblings' | 'changes'>,
  base: MemoryDocument | null,
  hash: Hash,
): MemoryDocument | null {
  const all = [...siblings, ...changes].map(({ change }) => change)
  const { documents } = applyChanges(base ? [base] : [], all, hash)
  return documents.find((one) => one.path === path) ?? null
}

/** Limits that pass with time, or once it is proven: the change stays accepted. */
const unproven = 'rollout.experiment.'
const passing = /^(?:schedule\.|budgets\.perWindow\.|rollout\.experiment\.)/

function explainStop(judged: JudgedProposal | string, approvals: SortedApprovals | undefined) {
  const kind = 'objection' as const
  if (typeof judged === 'string') return { passes: false, reason: judged, kind }
  const { decision, critiques } = judged
  const [gone] = approvals?.void ?? []
  if (gone !== undefined) return { passes: false, reason: gone, kind }
  const denied = decision.reasons.filter(
    ({ verdict, mode }) => verdict === 'deny' && mode === 'enforce',
  )
  if (decision.verdict !== 'deny') return { passes: false, reason: explain(decision), kind }
  const against = critiques.find(({ verdict }) => verdict === 'reject')
  if (against && denied.every(({ rule }) => rule === 'critics')) {
    const reason = `the panel rejects it now (${against.critic}): ${against.explanation}`
    return { passes: false, reason, kind }
  }
  return {
    kind: denied.some(({ rule }) => rule.startsWith(unproven)) ? ('unproven' as const) : kind,
    passes: denied.every(({ rule }) => passing.test(rule)),
    reason: `the policy denies it now: ${explain(decision)}`,
  }
}

/** A text: why nothing of it can be written. */
function makeGroup(
  { path, changes, siblings, head }: Sifting,
  { base, hash }: { readonly base: MemoryDocument | null; readonly hash: Hash },
): MemoryGroup | string {
  const expected = documentWith({ path, siblings, changes: [] }, base, hash)
  const after = documentWith({ path, siblings, changes }, base, hash)
  if (!after) return `${path} would go`
  if (after.content === head?.content) return `it changes nothing of ${path}`
  const excess = findExcess(path, after.content)
  if (excess !== null) return excess
  const edits = locateEdits(
    changes.map(({ change }) => change),
    siblings.map(({ change }) => change),
  )
  const fault = findUnconserved(expected, after, { edits, hash })
  if (fault !== null)
    throw new DomainError(
      'conflict',
      `Nothing was applied: ${fault}. This is a bug; please report it.`,
    )
  return { path, changes, head, after, edits }
}

async function readBase(
  reader: Reader,
  stored: StoredChange | undefined,
): Promise<MemoryDocument | null | 'redacted'> {
  const { baseVersionId = null, change } = stored ?? {}
  if (baseVersionId === null || !change || change.baseSha256 === null) return null
  const content = (await findMemoryVersion(reader, baseVersionId))?.content ?? null
  if (content === null) return 'redacted'
  return { path: change.path, content, contentSha256: change.baseSha256 }
}

function explainConflict(path: string, head: StoredMemory | null): string {
  return head === null
    ? `${path} was deleted after the dream read it`
    : `${path} was changed at ${head.updatedAt}, after the dream read it; what stands there stays`
}
