import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { WebhookSourceId } from '../core/ids.ts'
import type { Reading, Scheme, SenderKind } from '../core/receive/scheme.ts'
import { defaultWorkspace, type Reader, type Scratch, type Writer } from './database.ts'
import type { WebhookSourcesTable } from './tables/receivers.ts'

/** Somebody who may tell outcomes by webhooks: how its signature is checked and what its deliveries mean. */
export interface WebhookSource {
  readonly id: WebhookSourceId
  readonly name: string
  readonly provider: SenderKind
  readonly scheme: Scheme
  readonly reading: Reading
  /** JSONata; null: the provider's own. */
  readonly mapping: string | null
  /** CEL; null: every delivery is mapped. */
  readonly condition: string | null
  /** Newest first: while a secret is rotated, both are good. */
  readonly secrets: readonly StoredSecret[]
  readonly state: 'enabled' | 'disabled'
  readonly createdAt: string
  readonly updatedAt: string
}

/** Sealed; whoever verifies unseals it. */
export interface StoredSecret {
  readonly sealed: string
  /** The last characters, so that a person knows which one it is. */
  readonly hint: string
  readonly createdAt: string
}

export type NewWebhookSource = Omit<WebhookSource, 'state' | 'createdAt' | 'updatedAt'>
export type WebhookSourcePatch = Partial<
  Pick<WebhookSource, 'mapping' | 'condition' | 'secrets' | 'state'>
>

/** How often, and when last, somebody failed to be this source. */
export interface WebhookRefusal {
  readonly reason: string
  readonly count: number
  readonly lastAt: string
}

export async function findWebhookSource(
  reader: Reader,
  id: WebhookSourceId,
): Promise<WebhookSource | null> {
  const row = await selectLive(reader).where('id', '=', id).executeTakeFirst()
  return row ? toSource(row) : null
}

/** One that was deleted too: what it sent before is still to be mapped. */
export async function getWebhookSourceOfReceipt(
  reader: Reader,
  id: WebhookSourceId,
): Promise<WebhookSource> {
  const row = await reader.read
    .selectFrom('webhook_sources')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return toSource(row)
}

/** By id, or by the name that it alone has. */
export async function getWebhookSource(reader: Reader, idOrName: string): Promise<WebhookSource> {
  const row = await selectLive(reader)
    .where((where) =>
      where.or([where('id', '=', idOrName as WebhookSourceId), where('name', '=', idOrName)]),
    )
    .executeTakeFirst()
  if (!row) throw noSource(idOrName)
  return toSource(row)
}

/** Newest first, all of them: `maxSources` bounds how many there are. */
export async function listWebhookSources(reader: Reader): Promise<WebhookSource[]> {
  const rows = await selectLive(reader)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return rows.map(toSource)
}

const maxSources = 200

export async function insertWebhookSource(
  writer: Writer,
  given: NewWebhookSource,
): Promise<WebhookSource> {
  const known = await listWebhookSources(writer)
  if (known.length >= maxSources) {
    throw new DomainError(
      'limit_exceeded',
      `There are ${maxSources} webhook sources, which is the limit; remove one first.`,
    )
  }
  if (known.some(({ name }) => name === given.name)) {
    throw new DomainError(
      'conflict',
      `name: there is a webhook source ${given.name} already; choose another name or remove it.`,
    )
  }
  const row = await writer.write
    .insertInto('webhook_sources')
    .values({
      id: given.id,
      name: given.name,
      provider: given.provider,
      scheme: JSON.stringify(given.scheme),
      reading: JSON.stringify(given.reading),
      mapping: given.mapping,
      condition: given.condition,
      secrets: JSON.stringify(given.secrets),
      state: 'enabled',
      created_at: writer.at,
      updated_at: writer.at,
      deleted_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toSource(row)
}

export async function updateWebhookSource(
  writer: Writer,
  id: WebhookSourceId,
  { mapping, condition, secrets, state }: WebhookSourcePatch,
): Promise<WebhookSource> {
  const row = await writer.write
    .updateTable('webhook_sources')
    .set({
      ...(mapping === undefined ? {} : { mapping }),
      ...(condition === undefined ? {} : { condition }),
      ...(secrets === undefined ? {} : { secrets: JSON.stringify(secrets) }),
      ...(state === undefined ? {} : { state }),
      updated_at: writer.at,
    })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (!row) throw noSource(id)
  return toSource(row)
}

/** Its receipts stay, and what was acknowledged before is still mapped. Its secrets are gone. */
export async function deleteWebhookSource(writer: Writer, id: WebhookSourceId): Promise<void> {
  const result = await writer.write
    .updateTable('webhook_sources')
    .set({ deleted_at: writer.at, updated_at: writer.at, secrets: '[]' })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) throw noSource(id)
}

/** Counts one more. Only that it happened is kept, nothing of what was sent. */
export async function countWebhookRefusal(
  { scratch, at }: Scratch,
  { sourceId, reason }: { readonly sourceId: WebhookSourceId; readonly reason: string },
): Promise<void> {
  await scratch
    .insertInto('webhook_refusals')
    .values({ source_id: sourceId, reason, count: 1, last_at: at })
    .onConflict((conflict) =>
      conflict.columns(['source_id', 'reason']).doUpdateSet((column) => ({
        count: column('webhook_refusals.count', '+', 1),
        last_at: at,
      })),
    )
    .execute()
}

export async function listWebhookRefusals(
  reader: Reader,
  sourceId: WebhookSourceId,
): Promise<WebhookRefusal[]> {
  const rows = await reader.read
    .selectFrom('webhook_refusals')
    .select(['reason', 'count', 'last_at'])
    .where('source_id', '=', sourceId)
    .orderBy('reason')
    .execute()
  return rows.map(({ reason, count, last_at: lastAt }) => ({ reason, count, lastAt }))
}

function selectLive(reader: Reader) {
  return reader.read
    .selectFrom('webhook_sources')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('deleted_at', 'is', null)
}

const noSource = (id: string) =>
  new DomainError('not_found', `There is no webhook source ${id.slice(0, 128)}.`)

const toSource = (row: Selectable<WebhookSourcesTable>): WebhookSource => ({
  id: row.id,
  name: row.name,
  provider: row.provider,
  scheme: JSON.parse(row.scheme),
  reading: JSON.parse(row.reading),
  mapping: row.mapping,
  condition: row.condition,
  secrets: JSON.parse(row.secrets),
  state: row.state,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
