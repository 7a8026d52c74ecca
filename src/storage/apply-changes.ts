import { applyChanges, locateEdits } from '../core/change/apply.ts'
import type { Edit } from '../core/change/change.ts'
import { listLostFacts } from '../core/critique/facts-preserved.ts'
import { DomainError } from '../core/errors.ts'
import type { ChangeId, DreamId, MemoryVersionId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { findExcess } from '../core/propose/budget.ts'
import { findShrinking, findUnconserved } from '../core/review/guards.ts'
import { utf8Length } from '../core/utf8-length.ts'
import { insertChangeWrite } from './change-writes.ts'
import { listChanges, type StoredChange, updateChangeStatus } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { listDreamMemories } from './dream-memories.ts'
import { type Dream, getDream } from './dreams.ts'
import { insertMemory, listMemories, updateMemory } from './memories.ts'
import { findMemoryVersion } from './memory-versions.ts'
import { openPanel, overruled, returnChange, sortApprovals } from './review-changes.ts'
import { listReviews } from './reviews.ts'
import type { StoredMemory } from './stored-memory.ts'

/** What applying a dream would do, or did. */
export interface ApplyPlan {
  readonly dream: Dream
  readonly groups: readonly MemoryGroup[]
  /** Accepted changes that go back to review, and why. */
  readonly returned: readonly { readonly change: StoredChange; readonly reason: string }[]
}

/** All accepted changes of one memory: they are written together or not at all. */
export interface MemoryGroup {
  readonly path: string
  readonly changes: readonly StoredChange[]
  /** Null: the memory does not exist yet. */
  readonly head: StoredMemory | null
  readonly after: MemoryDocument
  /** In offsets of the head. */
  readonly edits: readonly (Edit & { readonly key: string })[]
}

export interface AppliedGroup extends MemoryGroup {
  readonly versionAfter: MemoryVersionId
}

type PlanReader = Reader & Pick<Writer, 'hash' | 'at'>

/**
 * What all accepted changes of a dream make of the store that it read. A memory that somebody else changed stays
 * as they left it, and its changes go back to review; so does a change whose approval does not hold any more.
 */
export async function planApply(reader: PlanReader, dreamId: DreamId): Promise<ApplyPlan> {
  const dream = await getDream(reader, dreamId)
  const all = await listChanges(reader, dreamId)
  const accepted = all.filter(({ status }) => status === 'accepted')
  if (accepted.length === 0) throw nothingAccepted(dreamId)
  const returned: ApplyPlan['returned'][number][] = []
  const approved: StoredChange[] = []
  const panel = await openPanel(reader, dreamId)
  for (const change of accepted) {
    const reason = await findObjection(reader, change, panel)
    if (reason === null) approved.push(change)
    else returned.push({ change, reason })
  }
  const standing = all.filter(({ status }) => status === 'applied')
  const memories = await listMemories(reader, dream.inputStoreId)
  const groups: MemoryGroup[] = []
  for (const [path, changes] of Map.groupBy(approved, ({ change }) => change.path)) {
    const siblings = standing.filter(({ change }) => change.path === path)
    const head = memories.find((one) => one.path === path) ?? null
    const group = await planGroup(reader, { path, changes, siblings, head })
    if ('reason' in group) returned.push(...changes.map((change) => ({ change, ...group })))
    else groups.push(group)
  }
  const kept = await keepFacts(reader, { groups, memories })
  await refuseShrinking(reader, dreamId, [
    ...standing,
    ...kept.groups.flatMap((one) => one.changes),
  ])
  return { dream, groups: kept.groups, returned: [...returned, ...kept.returned] }
}

/** Why an accepted change may not be written now: no approval that holds, or a judgement that turned. */
async function findObjection(
  reader: PlanReader,
  stored: StoredChange,
  panel: Awaited<ReturnType<typeof openPanel>>,
): Promise<string | null> {
  const reviews = await listReviews(reader, stored.id)
  const { decision, critiques } = await panel(stored.change)
  const { policyVersion, approvals } = decision
  const found = sortApprovals(stored, { reviews, policyVersion }, reader)
  if (found.standing.length < Math.max(1, approvals.count)) {
    return found.void[0] ?? `${found.standing.length} of ${approvals.count} approvals`
  }
  if (decision.verdict === 'deny') return 'the policy denies it now'
  const [held] = stored.change.trust.quarantine
  if (held && !found.standing.some(({ actor }) => isPerson(actor.type))) {
    return `it is in quarantine and no person released it (${held.rule}): ${held.explanation}`
  }
  const against = critiques.find(({ verdict }) => verdict === 'reject')
  if (!against || overruled(found.standing)) return null
  return `the panel rejects it now (${against.critic}): ${against.explanation}`
}

/** A person at the command line, or whoever holds a key for reviews; no service, dream or session. */
const isPerson = (type: string) => type === 'user' || type === 'api_key'

interface Group extends Pick<MemoryGroup, 'path' | 'changes' | 'head'> {
  /** Changes of the same dream that stand in the memory already. */
  readonly siblings: readonly StoredChange[]
}

async function planGroup(
  reader: PlanReader,
  { path, changes, siblings, head }: Group,
): Promise<MemoryGroup | { readonly reason: string }> {
  const base = await readBase(reader, changes[0])
  if (base === 'redacted')
    return { reason: `the version of ${path} that it is based on was redacted` }
  const documents = base ? [base] : []
  const standing = siblings.map(({ change }) => change)
  const expected = applyChanges(documents, standing, reader.hash).documents.find(
    (one) => one.path === path,
  )
  if (expected?.contentSha256 !== head?.contentSha256)
    return { reason: explainConflict(path, head) }
  const incoming = changes.map(({ change }) => change)
  const applied = applyChanges(documents, [...standing, ...incoming], reader.hash)
  const [refused] = applied.refused
  const after = applied.documents.find((one) => one.path === path)
  if (refused || !after) return { reason: refused?.reason ?? `${path} would go` }
  if (after.content === head?.content) return { reason: `it changes nothing of ${path}` }
  const excess = findExcess(path, after.content)
  if (excess !== null) return { reason: excess }
  const edits = locateEdits(incoming, standing)
  const fault = findUnconserved(expected ?? null, after, { edits, hash: reader.hash })
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

/** A merge whose survivor does not stand in the store as it would be goes back, and its memory with it. */
async function keepFacts(
  reader: Reader,
  given: { readonly groups: readonly MemoryGroup[]; readonly memories: readonly MemoryDocument[] },
): Promise<Pick<ApplyPlan, 'groups' | 'returned'>> {
  const returned: ApplyPlan['returned'][number][] = []
  let groups = [...given.groups]
  for (;;) {
    const written = new Set(groups.map(({ path }) => path))
    const store = [
      ...given.memories.filter(({ path }) => !written.has(path)),
      ...groups.map(({ after }) => after),
    ]
    const losing = await findLosing(reader, groups, store)
    if (!losing) return { groups, returned }
    groups = groups.filter((one) => one !== losing.group)
    returned.push(...losing.group.changes.map((change) => ({ change, reason: losing.reason })))
  }
}

const keeping: ReadonlySet<string> = new Set(['merge', 'move', 'retire'])

async function findLosing(
  reader: Reader,
  groups: readonly MemoryGroup[],
  store: readonly MemoryDocument[],
) {
  for (const group of groups) {
    for (const { id, change } of group.changes) {
      if (!keeping.has(change.operation)) continue
      const [lost] = listLostFacts(change, store)
      if (lost === undefined || overruled(await listReviews(reader, id))) continue
      return { group, reason: `“${lost}” would be lost: it stands nowhere in what stays` }
    }
  }
  return null
}

async function refuseShrinking(reader: Reader, dreamId: DreamId, changes: readonly StoredChange[]) {
  const store = await listDreamMemories(reader, dreamId)
  const shrinking = findShrinking(
    changes.map(({ change }) => change),
    store,
  )
  if (shrinking === null) return
  throw new DomainError('conflict', `Nothing was applied. ${shrinking}`, {
    details: { error_code: 'shrink_guard' },
  })
}

/** One transaction: every memory of the plan gets its version, or nothing happens. */
export async function applyPlan(
  writer: Writer,
  { dream, groups, returned }: ApplyPlan,
): Promise<AppliedGroup[]> {
  for (const { change, reason } of returned) await returnChange(writer, change.id, reason)
  const written: AppliedGroup[] = []
  for (const group of groups) written.push(await writeGroup(writer, dream, group))
  return written
}

async function writeGroup(writer: Writer, dream: Dream, group: MemoryGroup): Promise<AppliedGroup> {
  const { path, head, after, changes, edits } = group
  const storeId = dream.inputStoreId
  const { content } = after
  const origin = { dreamId: dream.id }
  const made = head
    ? await updateMemory(writer, {
        id: head.id,
        content,
        expectedSha256: head.contentSha256,
        ...origin,
      })
    : await insertMemory(writer, { storeId, path, content, ...origin })
  await insertChangeWrite(writer, {
    storeId,
    dreamId: dream.id,
    kind: 'apply',
    path,
    memoryId: made.id,
    versionBefore: head?.versionId ?? null,
    versionAfter: made.versionId,
    ...countBytes(edits),
    parts: partsOf(changes, edits),
  })
  for (const { id } of changes) {
    await updateChangeStatus(writer, id, { from: 'accepted', to: 'applied' })
    await writer.audit({
      action: 'change.applied',
      objectType: 'change',
      objectId: id,
      beforeHash: head?.contentSha256 ?? null,
      afterHash: made.contentSha256,
    })
  }
  return { ...group, versionAfter: made.versionId }
}

/** In the order of keys, in which insertions at one place stand. */
export function partsOf(
  changes: readonly Pick<StoredChange, 'id' | 'change'>[],
  edits: MemoryGroup['edits'],
): { readonly owner: ChangeId; readonly edits: readonly Edit[] }[] {
  return changes
    .toSorted((a, b) => (a.change.key < b.change.key ? -1 : 1))
    .map(({ id, change }) => ({
      owner: id,
      edits: edits
        .filter(({ key }) => key === change.key)
        .map(({ start, before, after }) => ({ start, before, after })),
    }))
}

export const countBytes = (edits: readonly Edit[]) => ({
  bytesAdded: edits.reduce((sum, { after }) => sum + utf8Length(after), 0),
  bytesRemoved: edits.reduce((sum, { before }) => sum + utf8Length(before), 0),
})

const nothingAccepted = (dreamId: DreamId) =>
  new DomainError(
    'conflict',
    `Dream ${dreamId} has no accepted change: nothing was applied. Accept some first.`,
    { details: { error_code: 'nothing_accepted' } },
  )
