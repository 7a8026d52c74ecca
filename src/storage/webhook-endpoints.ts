import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { WebhookEndpointId } from '../core/ids.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { WebhookEndpointsTable } from './tables/webhooks.ts'

export interface WebhookEndpoint {
  readonly id: WebhookEndpointId
  readonly url: string
  readonly description: string
  readonly eventTypes: readonly string[]
  /** Sealed; whoever delivers unseals it. */
  readonly secret: string
  readonly state: 'enabled' | 'disabled'
  readonly disabledReason: string | null
  /** Since when every attempt has failed; null after a success. */
  readonly failingSince: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

export type NewWebhookEndpoint = Pick<
  WebhookEndpoint,
  'id' | 'url' | 'description' | 'eventTypes' | 'secret'
>
export type WebhookEndpointPatch = Partial<
  Pick<
    WebhookEndpoint,
    'url' | 'description' | 'eventTypes' | 'secret' | 'state' | 'disabledReason' | 'failingSince'
  >
>

export async function findWebhookEndpoint(
  reader: Reader,
  id: WebhookEndpointId,
): Promise<WebhookEndpoint | null> {
  const row = await selectLive(reader).where('id', '=', id).executeTakeFirst()
  return row ? toEndpoint(row) : null
}

export async function getWebhookEndpoint(
  reader: Reader,
  id: WebhookEndpointId,
): Promise<WebhookEndpoint> {
  const found = await findWebhookEndpoint(reader, id)
  if (!found) throw noEndpoint(id)
  return found
}

/** Newest first, all of them: `maxEndpoints` bounds how many there are. */
export async function listWebhookEndpoints(reader: Reader): Promise<WebhookEndpoint[]> {
  const rows = await selectLive(reader)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return rows.map(toEndpoint)
}

/** More would slow down every write that something is told of. */
const maxEndpoints = 100

export async function insertWebhookEndpoint(
  writer: Writer,
  given: NewWebhookEndpoint,
): Promise<WebhookEndpoint> {
  if ((await listWebhookEndpoints(writer)).length >= maxEndpoints) {
    throw new DomainError(
      'limit_exceeded',
      `There are ${maxEndpoints} webhook endpoints, which is the limit; delete one first.`,
    )
  }
  const row = await writer.write
    .insertInto('webhook_endpoints')
    .values({
      id: given.id,
      url: given.url,
      description: given.description,
      event_types: JSON.stringify(given.eventTypes),
      secret: given.secret,
      state: 'enabled',
      disabled_reason: null,
      failing_since: null,
      created_at: writer.at,
      updated_at: writer.at,
      deleted_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toEndpoint(row)
}

export async function updateWebhookEndpoint(
  writer: Writer,
  id: WebhookEndpointId,
  patch: WebhookEndpointPatch,
): Promise<WebhookEndpoint> {
  const { url, description, eventTypes, secret, state, disabledReason, failingSince } = patch
  const row = await writer.write
    .updateTable('webhook_endpoints')
    .set({
      ...(url === undefined ? {} : { url }),
      ...(description === undefined ? {} : { description }),
      ...(eventTypes === undefined ? {} : { event_types: JSON.stringify(eventTypes) }),
      ...(secret === undefined ? {} : { secret }),
      ...(state === undefined ? {} : { state }),
      ...(disabledReason === undefined ? {} : { disabled_reason: disabledReason }),
      ...(failingSince === undefined ? {} : { failing_since: failingSince }),
      updated_at: writer.at,
    })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (!row) throw noEndpoint(id)
  return toEndpoint(row)
}

/** Its deliveries stay; those that are pending end as dead when their turn comes. */
export async function deleteWebhookEndpoint(writer: Writer, id: WebhookEndpointId): Promise<void> {
  const result = await writer.write
    .updateTable('webhook_endpoints')
    .set({ deleted_at: writer.at, updated_at: writer.at })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) throw noEndpoint(id)
}

function selectLive(reader: Reader) {
  return reader.read
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('deleted_at', 'is', null)
}

const noEndpoint = (id: WebhookEndpointId) =>
  new DomainError('not_found', `There is no webhook endpoint ${id}.`)

const toEndpoint = (row: Selectable<WebhookEndpointsTable>): WebhookEndpoint => ({
  id: row.id,
  url: row.url,
  description: row.description,
  eventTypes: JSON.parse(row.event_types),
  secret: row.secret,
  state: row.state,
  disabledReason: row.disabled_reason,
  failingSince: row.failing_since,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
