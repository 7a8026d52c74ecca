import type { Selectable } from 'kysely'
import type { Clock } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import type { JobId, NewId, WebhookDeliveryId, WebhookEndpointId } from '../core/ids.ts'
import { isSubscribed, type WebhookEvent, type WebhookEventType } from '../core/webhooks.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { Jobs } from './jobs.ts'
import type { WebhookDeliveriesTable } from './tables/webhooks.ts'
import { listWebhookEndpoints } from './webhook-endpoints.ts'

/**
 * pending: waits for its next attempt. delivered: somebody answered 2xx. dead: the last attempt failed, or
 * the endpoint is gone or disabled; a replay makes it pending again.
 */
export interface WebhookDelivery {
  readonly id: WebhookDeliveryId
  readonly endpointId: WebhookEndpointId
  readonly event: WebhookEvent
  readonly state: 'pending' | 'delivered' | 'dead'
  readonly attempts: number
  /** Of these, how many were made before the last replay: the schedule begins anew after them. */
  readonly attemptsBefore: number
  readonly createdAt: string
  readonly endedAt: string | null
}

export interface WebhookAttempt {
  /** From 1. */
  readonly attempt: number
  readonly at: string
  /** Null when no answer came. */
  readonly status: number | null
  readonly error: string | null
}

export interface Outbox {
  readonly jobs: Jobs
  readonly newId: NewId
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What telling others needs of a process, as of now. */
export const toOutbox = ({
  jobs,
  newId,
  clock,
}: Pick<Outbox, 'jobs' | 'newId'> & { readonly clock: Clock }): Outbox => ({
  jobs,
  newId,
  now: clock(),
})

/**
 * Tells every endpoint that wants to know, in the transaction of what happened: it is told exactly when that
 * is stored. Where nobody wants to know, nothing is written.
 */
export function emitWebhookEvent(
  writer: Writer,
  outbox: Outbox,
  { type, objectId }: { readonly type: WebhookEventType; readonly objectId: string },
): Promise<void> {
  return emitWebhookEvents(writer, outbox, { type, objectIds: [objectId] })
}

/** The same of many objects to which one thing happened: one event each. */
export async function emitWebhookEvents(
  writer: Writer,
  outbox: Outbox,
  { type, objectIds }: { readonly type: WebhookEventType; readonly objectIds: readonly string[] },
): Promise<void> {
  const endpoints = await listWebhookEndpoints(writer)
  const wanting = endpoints.filter(
    ({ state, eventTypes }) => state === 'enabled' && isSubscribed(eventTypes, type),
  )
  if (wanting.length === 0) return
  const endpointIds = wanting.map(({ id }) => id)
  for (const objectId of objectIds) {
    await insertDeliveries(writer, outbox, { type, objectId, endpointIds })
  }
}

/** For one endpoint, whatever it subscribed to: a test of the connection. */
export async function insertDeliveries(
  writer: Writer,
  { jobs, newId, now }: Outbox,
  given: {
    readonly type: WebhookEventType
    readonly objectId: string
    readonly endpointIds: readonly WebhookEndpointId[]
  },
): Promise<readonly WebhookDeliveryId[]> {
  const eventId = newId('whe')
  await writer.write
    .insertInto('webhook_events')
    .values({ id: eventId, type: given.type, object_id: given.objectId, created_at: writer.at })
    .execute()
  const made: WebhookDeliveryId[] = []
  for (const endpointId of given.endpointIds) {
    const id = newId('whdel')
    await writer.write
      .insertInto('webhook_deliveries')
      .values({
        id,
        event_id: eventId,
        endpoint_id: endpointId,
        state: 'pending',
        attempts: 0,
        attempts_before: 0,
        created_at: writer.at,
        ended_at: null,
      })
      .execute()
    await jobs.enqueue(writer, deliveryJob(newId('job'), id, now))
    made.push(id)
  }
  return made
}

const deliveryJobKind = 'webhook'

export const deliveryJob = (id: JobId, deliveryId: WebhookDeliveryId, availableAt: number) => ({
  id,
  kind: deliveryJobKind,
  payload: { delivery_id: deliveryId },
  availableAt,
})

export async function getWebhookDelivery(
  reader: Reader,
  id: WebhookDeliveryId,
): Promise<WebhookDelivery> {
  const row = await selectDeliveries(reader)
    .where('webhook_deliveries.id', '=', id)
    .executeTakeFirst()
  if (row) return toDelivery(row)
  throw new DomainError('not_found', `There is no webhook delivery ${id}.`)
}

export interface DeliveryPage {
  readonly endpointId?: WebhookEndpointId
  readonly state?: WebhookDelivery['state']
  readonly after?: Pick<WebhookDelivery, 'createdAt' | 'id'>
  readonly limit: number
}

/** Newest first. */
export async function listWebhookDeliveries(
  reader: Reader,
  { endpointId, state, after, limit }: DeliveryPage,
): Promise<WebhookDelivery[]> {
  let query = selectDeliveries(reader)
    .where('webhook_deliveries.workspace_id', '=', defaultWorkspace)
    .orderBy('webhook_deliveries.created_at', 'desc')
    .orderBy('webhook_deliveries.id', 'desc')
    .limit(limit)
  if (endpointId !== undefined) query = query.where('endpoint_id', '=', endpointId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('webhook_deliveries.created_at', 'webhook_deliveries.id'),
        '<',
        tuple(after.createdAt, after.id),
      ),
    )
  }
  return (await query.execute()).map(toDelivery)
}

export async function listWebhookAttempts(
  reader: Reader,
  id: WebhookDeliveryId,
): Promise<WebhookAttempt[]> {
  return reader.read
    .selectFrom('webhook_attempts')
    .select(['attempt', 'at', 'status', 'error'])
    .where('delivery_id', '=', id)
    .orderBy('attempt')
    .execute()
}

/** What came of one attempt, and what becomes of the delivery. */
export async function recordWebhookAttempt(
  writer: Writer,
  id: WebhookDeliveryId,
  given: Pick<WebhookAttempt, 'status' | 'error'> & {
    readonly state: WebhookDelivery['state']
  },
): Promise<void> {
  const { attempts } = await writer.write
    .updateTable('webhook_deliveries')
    .set((column) => ({
      attempts: column('attempts', '+', 1),
      state: given.state,
      ended_at: given.state === 'pending' ? null : writer.at,
    }))
    .where('id', '=', id)
    .returning('attempts')
    .executeTakeFirstOrThrow()
  await writer.write
    .insertInto('webhook_attempts')
    .values({
      delivery_id: id,
      attempt: attempts,
      at: writer.at,
      status: given.status,
      error: given.error,
    })
    .execute()
}

/** Once more from the start of the schedule, under the same event id; a pending one is left as it is. */
export async function replayWebhookDelivery(
  writer: Writer,
  { jobs, newId, now }: Outbox,
  id: WebhookDeliveryId,
): Promise<WebhookDelivery> {
  const delivery = await getWebhookDelivery(writer, id)
  if (delivery.state === 'pending') return delivery
  await writer.write
    .updateTable('webhook_deliveries')
    .set((column) => ({
      state: 'pending',
      ended_at: null,
      attempts_before: column.ref('attempts'),
    }))
    .where('id', '=', id)
    .execute()
  await jobs.enqueue(writer, deliveryJob(newId('job'), id, now))
  return { ...delivery, state: 'pending', endedAt: null }
}

function selectDeliveries(reader: Reader) {
  return reader.read
    .selectFrom('webhook_deliveries')
    .innerJoin('webhook_events', 'webhook_events.id', 'webhook_deliveries.event_id')
    .selectAll('webhook_deliveries')
    .select([
      'webhook_events.type as type',
      'webhook_events.object_id as object_id',
      'webhook_events.created_at as happened_at',
    ])
}

type Joined = Selectable<WebhookDeliveriesTable> & {
  readonly type: WebhookEventType
  readonly object_id: string
  readonly happened_at: string
}

const toDelivery = (row: Joined): WebhookDelivery => ({
  id: row.id,
  endpointId: row.endpoint_id,
  event: {
    id: row.event_id,
    type: row.type,
    objectId: row.object_id,
    createdAt: row.happened_at,
  },
  state: row.state,
  attempts: row.attempts,
  attemptsBefore: row.attempts_before,
  createdAt: row.created_at,
  endedAt: row.ended_at,
})
