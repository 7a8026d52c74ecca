import type { Clock } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import {
  type DreamId,
  type DreamScheduleId,
  type Hash,
  type MemoryStoreId,
  makeId,
  type NewId,
  type SessionId,
} from '../core/ids.ts'
import type { JsonObject } from '../core/session.ts'
import type { WebhookEventType } from '../core/webhooks.ts'
import type { Writer } from './database.ts'
import {
  countSelected,
  findMissingSessions,
  pinSessions,
  type SessionChoice,
} from './dream-sessions.ts'
import { type Dream, findHolder, getDream, insertDream, type OutputBehavior } from './dreams.ts'
import { findExperimentOfOverlay } from './experiment-arms.ts'
import type { Jobs } from './jobs.ts'
import { getMemoryStore } from './memory-stores.ts'
import { emitWebhookEvents, toOutbox } from './webhook-deliveries.ts'

export interface DreamOrder {
  readonly storeId: MemoryStoreId
  readonly model: string
  readonly instructions: string | null
  readonly outputBehavior: OutputBehavior
  readonly origin: 'api' | 'schedule'
  readonly scheduleId?: DreamScheduleId
  /** By id: each must be there. By choice: at least one must match. */
  readonly sessions: { readonly ids: readonly SessionId[] } | { readonly choice: SessionChoice }
}

/** What storing a dream needs besides the writer. */
export interface DreamOffice {
  readonly jobs: Jobs
  readonly hash: Hash
  readonly clock: Clock
  readonly newId: NewId
}

/** The step that every dream begins with. */
export const firstStep = 'begin'

/**
 * A new dream and its first job, in the caller's transaction. Every order is a new dream, even one over the
 * same inputs. Refuses a store or session that is not there, an archived store, and a store that another
 * dream may still write into, all before anything is written.
 */
export async function createDream(
  writer: Writer,
  office: DreamOffice,
  order: DreamOrder,
): Promise<Dream> {
  const { storeId, sessions, outputBehavior } = order
  const isHolding = outputBehavior === 'update_existing'
  await refuseUnusable(writer, storeId)
  if (isHolding) await refuseHeld(writer, storeId)
  const selector = { ...sessions, storeId }
  if ('ids' in sessions) await refuseMissing(writer, sessions.ids)
  else if ((await countSelected(writer, selector, 1)) === 0) throw nothingSelected()
  const { id } = await insertDream(writer, {
    origin: order.origin,
    model: order.model,
    instructions: order.instructions,
    outputBehavior,
    inputStoreId: storeId,
    heldStoreId: isHolding ? storeId : null,
    scheduleId: order.scheduleId ?? null,
    selector: 'ids' in sessions ? null : (sessions.choice as JsonObject),
    inputsHash: office.hash(JSON.stringify(['order', order])),
    options: {},
  })
  await pinSessions(writer, id, selector)
  await enqueueFirst(writer, office, id)
  const dream = await getDream(writer, id)
  await writer.audit({
    action: 'dream.created',
    objectType: 'dream',
    objectId: id,
    afterHash: dream.inputsHash,
  })
  await tellAbout(writer, office, { type: 'dream.created', id })
  return dream
}

/** Tells webhook endpoints what became of a dream and of what it makes, in the transaction of what happened. */
export async function tellAbout(
  writer: Writer,
  office: DreamOffice,
  { type, id, ids = [] }: Told,
): Promise<void> {
  const objectIds = id === undefined ? ids : [id, ...ids]
  await emitWebhookEvents(writer, toOutbox(office), { type, objectIds })
}

interface Told {
  readonly type: WebhookEventType
  readonly id?: string
  readonly ids?: readonly string[]
}

export async function enqueueFirst(
  writer: Writer,
  { jobs, hash, clock }: DreamOffice,
  dreamId: DreamId,
): Promise<void> {
  await jobs.enqueue(writer, {
    id: makeId('job', hash, [dreamId, firstStep]),
    kind: firstStep,
    payload: { dream_id: dreamId },
    availableAt: clock(),
  })
}

async function refuseUnusable(writer: Writer, storeId: MemoryStoreId): Promise<void> {
  const store = await getMemoryStore(writer, storeId)
  const experimentId = await findExperimentOfOverlay(writer, storeId)
  if (experimentId !== null) {
    throw new DomainError(
      'invalid_argument',
      `inputs: memory store ${storeId} belongs to one arm of experiment ${experimentId}; dream over the store that the experiment is about.`,
    )
  }
  if (store.archivedAt === null) return
  throw new DomainError(
    'invalid_argument',
    `inputs: memory store ${storeId} is archived; a dream reads only stores that are in use.`,
  )
}

async function refuseHeld(writer: Writer, storeId: MemoryStoreId): Promise<void> {
  const holder = await findHolder(writer, storeId)
  if (!holder) return
  const isOver = holder.endedAt !== null
  throw new DomainError(
    'conflict',
    isOver
      ? `Dream ${holder.id} is ${holder.status} and finishes its last writes to memory store ${storeId}; try again in a moment.`
      : `Dream ${holder.id} is ${holder.status} and writes to memory store ${storeId}; wait for its end or cancel it.`,
  )
}

async function refuseMissing(writer: Writer, ids: readonly SessionId[]): Promise<void> {
  const missing = await findMissingSessions(writer, ids)
  if (missing.length === 0) return
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : ''
  throw new DomainError(
    'not_found',
    `inputs: there is no session ${missing.slice(0, 5).join(', ')}${more} to dream over (unknown, deleted, or a dream’s own).`,
  )
}

const nothingSelected = () =>
  new DomainError(
    'invalid_argument',
    'selector: no session matches it now; widen it, or leave out new_since_last_dream.',
    { details: { error_code: 'no_sessions_selected' } },
  )
