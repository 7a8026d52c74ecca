import { DomainError } from '../core/errors.ts'
import type { ChangeId, Hash, MemoryVersionId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import type { JudgedProposal } from '../core/review/judge.ts'
import { countBytes } from './apply-changes.ts'
import { refuseNoPolicy, sortApprovals } from './approvals.ts'
import { type ChangeHistory, readHistory } from './change-history.ts'
import { type ChangeWrite, findFirstWrite, insertChangeWrite } from './change-writes.ts'
import { getChange, type StoredChange, updateChangeStatus } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { recordDecision } from './decisions.ts'
import { type JudgingReader, openPanelOf } from './judging.ts'
import { deleteMemory, insertMemory, updateMemory } from './memories.ts'
import type { MemoryVersion } from './memory-versions.ts'
import { type DreamOffice, tellAbout } from './new-dream.ts'
import { explain } from './review-changes.ts'
import { listReviews } from './reviews.ts'

export interface RollBackOrder {
  readonly ids: readonly ChangeId[]
  /** `restore` puts back what was rolled back. */
  readonly kind: 'roll_back' | 'restore'
  /** Whether what depends on it may move with it. */
  readonly cascade: 'refuse' | 'take_along'
}

/** What a roll back does to one memory. */
export interface RollBackStep {
  readonly first: ChangeWrite
  readonly history: ChangeHistory
  /** Changes that move: those asked for and, in a cascade, those that depend on them. */
  readonly changes: readonly StoredChange[]
  /** What others wrote and what goes with it. */
  readonly versions: readonly MemoryVersion[]
  /** Null: the memory goes. */
  readonly after: string | null
}

export interface RollBackPlan {
  readonly kind: RollBackOrder['kind']
  readonly steps: readonly RollBackStep[]
  /** Ids of changes that were not asked for. */
  readonly alsoMoved: readonly ChangeId[]
  /** What the policy says of those that are put back. */
  readonly judged: readonly { readonly change: StoredChange; readonly proposal: JudgedProposal }[]
}

export interface RolledBack extends RollBackStep {
  readonly versionAfter: MemoryVersionId | null
}

/** Refuses, with what depends on it, when a later edit was made into what would move. */
export async function planRollBack(
  reader: JudgingReader,
  order: RollBackOrder,
): Promise<RollBackPlan> {
  const wanted = order.kind === 'roll_back' ? 'applied' : 'rolled_back'
  const groups = new Map<string, { first: ChangeWrite; ids: ChangeId[] }>()
  for (const id of order.ids) {
    const { status } = await getChange(reader, id)
    if (status !== wanted) throw wrongStatus(id, status, order.kind)
    const write = await findFirstWrite(reader, id)
    if (!write) throw unrecorded(id)
    const name = JSON.stringify([write.storeId, write.path])
    const known = groups.get(name)
    if (!known) groups.set(name, { first: write, ids: [id] })
    else {
      known.ids.push(id)
      if (write.ordinal < known.first.ordinal) known.first = write
    }
  }
  const steps: RollBackStep[] = []
  for (const { first, ids } of groups.values()) {
    steps.push(await planStep(reader, { first, ids, order }))
  }
  const asked = new Set(order.ids)
  const moved = steps.flatMap(({ changes }) => changes.map(({ id }) => id))
  const judged = await judgeRestored(reader, steps)
  return { kind: order.kind, steps, alsoMoved: moved.filter((id) => !asked.has(id)), judged }
}

/** To put a change back is to apply it: the policies have to let it through now, with approvals that still hold. */
async function judgeRestored(reader: JudgingReader, steps: readonly RollBackStep[]) {
  const judged: RollBackPlan['judged'][number][] = []
  for (const { changes, history, after: text, first } of steps) {
    for (const change of changes.filter(({ status }) => status === 'rolled_back')) {
      const panel = await openPanelOf(reader, change.dreamId, 'apply')
      refuseNoPolicy(panel)
      const reviews = await listReviews(reader, change.id)
      const sorted = await sortApprovals(reader, change, { reviews, panel })
      const path = history.head?.path ?? first.path
      const target = {
        before: toDocument(path, history.head?.content ?? null, reader.hash),
        after: toDocument(path, text, reader.hash),
        size: panel.size,
        written: judged.length,
      }
      const approvals = sorted.standing.map(({ approval }) => approval)
      const proposal = panel.judge(await panel.prepare(change, { approvals, target }))
      if (proposal.decision.verdict !== 'allow') {
        throw new DomainError(
          'policy_denied',
          `Change ${change.id} may not be restored: ${sorted.void[0] ?? explain(proposal.decision)}. Approve it again, then restore it.`,
        )
      }
      judged.push({ change, proposal })
    }
  }
  return judged
}

const toDocument = (path: string, content: string | null, hash: Hash): MemoryDocument | null =>
  content === null ? null : { path, content, contentSha256: hash(content) }

async function planStep(
  reader: Reader,
  {
    first,
    ids,
    order,
  }: { readonly first: ChangeWrite; readonly ids: ChangeId[]; readonly order: RollBackOrder },
): Promise<RollBackStep> {
  const history = await readHistory(reader, first, new Set(ids))
  const { text } = history
  const missing = order.kind === 'restore' ? text.listMissing(ids) : []
  const dependents = text.listDependents([...ids, ...missing])
  const others = [...missing, ...dependents]
  const versions = others.flatMap((id) => history.foreign.get(id) ?? [])
  const also: StoredChange[] = []
  for (const id of others) {
    if (!history.foreign.has(id)) also.push(await getChange(reader, id as ChangeId))
  }
  if (others.length > 0 && order.cascade === 'refuse')
    throw dependsOn(first, { ids, also, versions, kind: order.kind })
  if (order.kind === 'restore') {
    text.hide(dependents)
    text.show([...ids, ...missing])
  } else text.hide([...ids, ...dependents])
  const asked: StoredChange[] = []
  for (const id of ids) asked.push(await getChange(reader, id))
  if (text.text === history.head?.content) {
    throw new DomainError(
      'conflict',
      `Nothing of ${ids.join(', ')} stands in ${first.path}: nothing would change.`,
    )
  }
  const goes = !history.existedBefore && text.text === ''
  return { first, history, changes: [...asked, ...also], versions, after: goes ? null : text.text }
}

/** One transaction: every memory of the plan gets a new version, or nothing happens. */
export async function writeRollBack(
  writer: Writer,
  office: DreamOffice,
  plan: RollBackPlan,
): Promise<RolledBack[]> {
  for (const { change, proposal } of plan.judged) {
    await recordDecision(writer, { changeId: change.id, moment: 'apply', ...proposal })
  }
  const done: RolledBack[] = []
  for (const step of plan.steps) done.push(await writeStep(writer, plan.kind, step))
  const moved = plan.steps.flatMap(({ changes }) => changes)
  for (const type of ['change.applied', 'change.rolled_back'] as const) {
    const from = type === 'change.applied' ? 'rolled_back' : 'applied'
    const ids = moved.filter(({ status }) => status === from).map(({ id }) => id)
    await tellAbout(writer, office, { type, ids })
  }
  return done
}

async function writeStep(
  writer: Writer,
  kind: RollBackPlan['kind'],
  step: RollBackStep,
): Promise<RolledBack> {
  const { first, history, changes, versions } = step
  const { head } = history
  const written = await writeText(writer, step)
  const edits = changes.flatMap(({ change }) => change.edits)
  await insertChangeWrite(writer, {
    storeId: first.storeId,
    dreamId: first.dreamId,
    kind,
    path: first.path,
    memoryId: written.memoryId,
    versionBefore: head?.versionId ?? null,
    versionAfter: written.versionAfter,
    ...countBytes(edits),
    parts: [...changes, ...versions].map(({ id }) => ({ owner: id, edits: [] })),
  })
  for (const { id, status } of changes) {
    const to = status === 'applied' ? 'rolled_back' : 'applied'
    await updateChangeStatus(writer, id, { from: status, to })
    await writer.audit({
      action: to === 'applied' ? 'change.restored' : 'change.rolled_back',
      objectType: 'change',
      objectId: id,
      beforeHash: head?.contentSha256 ?? null,
      afterHash: step.after === null ? null : writer.hash(step.after),
    })
  }
  return { ...step, versionAfter: written.versionAfter }
}

async function writeText(writer: Writer, { first, history, after }: RollBackStep) {
  const { head } = history
  const origin = { dreamId: first.dreamId }
  if (head === null) {
    const { storeId, path } = first
    const made = await insertMemory(writer, { storeId, path, content: after ?? '', ...origin })
    return { memoryId: made.id, versionAfter: made.versionId }
  }
  const guarded = { id: head.id, expectedSha256: head.contentSha256, ...origin }
  if (after === null) {
    await deleteMemory(writer, guarded)
    return { memoryId: head.id, versionAfter: null }
  }
  const made = await updateMemory(writer, { ...guarded, content: after })
  return { memoryId: head.id, versionAfter: made.versionId }
}

interface Dependents {
  readonly ids: readonly ChangeId[]
  readonly also: readonly StoredChange[]
  readonly versions: readonly MemoryVersion[]
  readonly kind: RollBackOrder['kind']
}

function dependsOn({ path }: ChangeWrite, { ids, also, versions, kind }: Dependents): DomainError {
  const names = [
    ...also.map(({ id, dreamId }) => `change ${id} of dream ${dreamId}`),
    ...versions.map(
      ({ id, actor, createdAt }) => `version ${id} by ${actor.type} ${actor.id} at ${createdAt}`,
    ),
  ]
  const verb = kind === 'roll_back' ? 'rolled back' : 'restored'
  return new DomainError(
    'conflict',
    `${ids.join(', ')} cannot be ${verb} alone: later edits of ${path} depend on it (${names.join('; ')}). With cascade they move along; try it with dry_run first.`,
    {
      details: {
        error_code: 'dependents',
        dependents: [...also, ...versions].map(({ id }) => id).join(' '),
      },
    },
  )
}

function wrongStatus(id: ChangeId, status: string, kind: RollBackOrder['kind']): DomainError {
  const is = status.replace('_', ' ')
  return new DomainError(
    'conflict',
    kind === 'roll_back'
      ? `Change ${id} is ${is}: only an applied change is rolled back.${status === 'rolled_back' ? ' To put it back, restore it.' : ''}`
      : `Change ${id} is ${is}: only a change that was rolled back is restored.`,
  )
}

const unrecorded = (id: ChangeId) =>
  new DomainError(
    'conflict',
    `Change ${id} was applied before writes were recorded: restore the memory store to a time before it instead.`,
  )
