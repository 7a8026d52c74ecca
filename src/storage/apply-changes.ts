import type { Edit } from '../core/change/change.ts'
import { listLostFacts } from '../core/critique/facts-preserved.ts'
import { DomainError } from '../core/errors.ts'
import type { ChangeId, DreamId, MemoryVersionId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { findShrinking } from '../core/review/guards.ts'
import { utf8Length } from '../core/utf8-length.ts'
import { refuseNoPolicy } from './approvals.ts'
import { insertChangeWrite } from './change-writes.ts'
import { listChanges, type StoredChange, updateChangeStatus } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { recordDecision } from './decisions.ts'
import { listDreamMemories } from './dream-memories.ts'
import { type Dream, getDream } from './dreams.ts'
import { listExperimentsOf } from './experiments.ts'
import { type JudgingReader, openPanel } from './judging.ts'
import { insertMemory, listMemories, updateMemory } from './memories.ts'
import { type DreamOffice, tellAbout } from './new-dream.ts'
import { returnChange } from './review-changes.ts'
import { listReviews, type Review } from './reviews.ts'
import { type MemoryGroup, type Sifted, siftAll } from './sift-changes.ts'

/** What applying a dream would do, or did. */
export interface ApplyPlan extends Sifted {
  readonly dream: Dream
}

export interface AppliedGroup extends MemoryGroup {
  readonly versionAfter: MemoryVersionId
}

/**
/** Which changes: of those that go by themselves, or of those that an experiment proved. */
export interface Chosen {
  readonly status: 'proposed' | 'accepted'
  readonly ids: ReadonlySet<ChangeId>
}

/**
 * What the accepted changes of a dream make of the store that it read, each decided once more by the policies as
 * they are and the store as it is. A memory that somebody else changed stays as they left it, and its changes go
 * back to review; so does a change whose approvals do not suffice any more. Without `chosen`: all that were accepted
 * but those that an experiment tries.
 */
export async function planApply(
  reader: JudgingReader,
  dreamId: DreamId,
  chosen: Chosen | null = null,
): Promise<ApplyPlan> {
  const dream = await getDream(reader, dreamId)
  const panel = await openPanel(reader, dream, 'apply')
  refuseNoPolicy(panel)
  const all = await listChanges(reader, dreamId)
  const wanted = await choose(reader, all, chosen)
  if (wanted.length === 0) throw nothingAccepted(dreamId)
  const applied = all.filter(({ status }) => status === 'applied')
  const memories = await listMemories(reader, dream.inputStoreId)
  const sifted = await siftAll(reader, panel, { wanted, applied, memories })
  const kept = await keepFacts(reader, { groups: sifted.groups, memories })
  const written = kept.groups.flatMap((one) => one.changes)
  await refuseShrinking(reader, dreamId, [...applied, ...written])
  return { ...sifted, dream, groups: kept.groups, returned: [...sifted.returned, ...kept.returned] }
}

async function choose(
  reader: Reader,
  all: readonly StoredChange[],
  chosen: Chosen | null,
): Promise<StoredChange[]> {
  if (chosen) return all.filter(({ id, status }) => status === chosen.status && chosen.ids.has(id))
  const accepted = all.filter(({ status }) => status === 'accepted')
  const experiments = await listExperimentsOf(
    reader,
    accepted.map(({ id }) => id),
  )
  const tried = new Set(
    experiments.flatMap(({ changes }) => changes.map(({ changeId }) => changeId)),
  )
  return accepted.filter(({ id }) => !tried.has(id))
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
    const { reason } = losing
    returned.push(
      ...losing.group.changes.map((change) => ({ change, reason, kind: 'conflict' as const })),
    )
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
  office: DreamOffice,
  { dream, groups, returned, waiting, judged }: ApplyPlan,
): Promise<AppliedGroup[]> {
  for (const { change, proposal } of judged) {
    await recordDecision(writer, { changeId: change.id, moment: 'apply', ...proposal })
  }
  for (const { change, reason } of returned) {
    if (change.status === 'accepted') await returnChange(writer, change.id, reason)
  }
  if (waiting.length > 0) {
    await writer.audit({ action: 'change.postponed', objectType: 'dream', objectId: dream.id })
  }
  const written: AppliedGroup[] = []
  for (const group of groups) written.push(await writeGroup(writer, dream, group))
  const ids = groups.flatMap(({ changes }) => changes.map(({ id }) => id))
  await tellAbout(writer, office, { type: 'change.applied', ids })
  return written
}

async function writeGroup(writer: Writer, dream: Dream, group: MemoryGroup): Promise<AppliedGroup> {
  const { path, head, after, changes, edits } = group
  const made = await writeMemory(writer, dream, group)
  await insertChangeWrite(writer, {
    storeId: dream.inputStoreId,
    dreamId: dream.id,
    kind: 'apply',
    path,
    memoryId: made.id,
    versionBefore: head?.versionId ?? null,
    versionAfter: made.versionId,
    ...countBytes(edits),
    parts: partsOf(changes, edits),
  })
  for (const { id, status } of changes) {
    await updateChangeStatus(writer, id, { from: status, to: 'applied' })
    await writer.audit({
      action: 'change.applied',
      objectType: 'change',
      objectId: id,
      beforeHash: head?.contentSha256 ?? null,
      afterHash: after.contentSha256,
    })
  }
  return { ...group, versionAfter: made.versionId }
}

async function writeMemory(writer: Writer, dream: Dream, { path, head, after }: MemoryGroup) {
  const { content } = after
  const origin = { dreamId: dream.id }
  return head
    ? updateMemory(writer, {
        id: head.id,
        content,
        expectedSha256: head.contentSha256,
        ...origin,
      })
    : insertMemory(writer, { storeId: dream.inputStoreId, path, content, ...origin })
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
    `Dream ${dreamId} has no accepted change that no experiment tries: nothing was applied. Accept some first.`,
    { details: { error_code: 'nothing_accepted' } },
  )

const overruled = (reviews: readonly Review[]): boolean =>
  reviews.some(
    ({ verdict, overrules, bypasses, voidedAt }) =>
      verdict === 'accept' && (overrules || bypasses) && voidedAt === null,
  )
