import { DomainError } from '../core/errors.ts'
import type { ChangeId, MemoryVersionId } from '../core/ids.ts'
import { countBytes } from './apply-changes.ts'
import { type ChangeHistory, readHistory } from './change-history.ts'
import { type ChangeWrite, findFirstWrite, insertChangeWrite } from './change-writes.ts'
import { getChange, type StoredChange, updateChangeStatus } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { deleteMemory, insertMemory, updateMemory } from './memories.ts'
import type { MemoryVersion } from './memory-versions.ts'

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
}

export interface RolledBack extends RollBackStep {
  readonly versionAfter: MemoryVersionId | null
}

/** Refuses, with what depends on it, when a later edit was made into what would move. */
export async function planRollBack(
  reader: Reader & Pick<Writer, 'hash'>,
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
  return { kind: order.kind, steps, alsoMoved: moved.filter((id) => !asked.has(id)) }
}

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
export async function writeRollBack(writer: Writer, plan: RollBackPlan): Promise<RolledBack[]> {
  const done: RolledBack[] = []
  for (const step of plan.steps) done.push(await writeStep(writer, plan.kind, step))
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
