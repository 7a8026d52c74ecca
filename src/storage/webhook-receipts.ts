import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { JobId, WebhookReceiptId, WebhookSourceId } from '../core/ids.ts'
import type { Headers } from '../core/receive/signature.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { NewJob } from './jobs.ts'
import { toStoredText } from './stored-text.ts'
import type { WebhookReceiptsTable } from './tables/receivers.ts'
import type { Outbox } from './webhook-deliveries.ts'

/**
 * One delivery that was acknowledged. received: waits to be mapped. mapped: outcome signals came of it.
 * ignored: nothing did, on purpose. failed: its mapping or its content is at fault; a replay maps it anew.
 */
export interface WebhookReceipt {
  readonly id: WebhookReceiptId
  readonly sourceId: WebhookSourceId
  readonly deliveryId: string
  readonly event: string
  readonly state: WebhookReceiptsTable['state']
  readonly reason: string | null
  readonly headers: Headers
  readonly bodyBytes: number
  readonly signed: boolean
  readonly signals: number
  readonly rounds: number
  readonly receivedAt: string
  readonly endedAt: string | null
  /** Why and since when its body is gone; null: it is there. */
  readonly bodyGone: BodyGone | null
}

interface BodyGone {
  readonly at: string
  readonly why: 'expired' | 'erased'
}

export interface NewWebhookReceipt
  extends Pick<WebhookReceipt, 'id' | 'sourceId' | 'deliveryId' | 'event' | 'headers' | 'signed'> {
  /** Of what was signed. */
  readonly contentHash: string
  readonly body: PackedBody
}

/** Compressed outside of any transaction. */
export interface PackedBody {
  readonly data: Uint8Array
  readonly bytes: number
}

export async function packBody(body: Uint8Array): Promise<PackedBody> {
  return { data: await promisify(deflateRaw)(body, { level: 4 }), bytes: body.byteLength }
}

const receiveJobKind = 'receive'

const receiveJob = (id: JobId, receiptId: WebhookReceiptId, availableAt: number): NewJob => ({
  id,
  kind: receiveJobKind,
  payload: { receipt_id: receiptId },
  availableAt,
})

/**
 * Stores a delivery with the job that maps it. One that is known, by its id or by what was signed, is left as
 * it is and answered with; then nothing was written.
 */
export async function insertWebhookReceipt(
  writer: Writer,
  { jobs, newId, now }: Outbox,
  given: NewWebhookReceipt,
): Promise<{ readonly receipt: WebhookReceipt; readonly isKnown: boolean }> {
  const deliveryId = toStoredText(given.deliveryId)
  const known = await selectReceipts(writer)
    .where('source_id', '=', given.sourceId)
    .where((where) =>
      where.or([
        where('delivery_id', '=', deliveryId),
        where('content_hash', '=', given.contentHash),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  if (known) return { receipt: toReceipt(known), isKnown: true }
  const row = await writer.write
    .insertInto('webhook_receipts')
    .values({
      id: given.id,
      source_id: given.sourceId,
      delivery_id: deliveryId,
      content_hash: given.contentHash,
      event: toStoredText(given.event),
      state: 'received',
      reason: null,
      headers: JSON.stringify(given.headers),
      body: given.body.data,
      body_bytes: given.body.bytes,
      signed: given.signed ? 1 : 0,
      signals: 0,
      rounds: 1,
      received_at: writer.at,
      ended_at: null,
      body_gone_at: null,
      body_gone_why: null,
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
  await jobs.enqueue(writer, receiveJob(newId('job'), given.id, now))
  return { receipt: toReceipt(row), isKnown: false }
}

/** What came of mapping it. */
export async function endWebhookReceipt(
  writer: Writer,
  id: WebhookReceiptId,
  end: Pick<WebhookReceipt, 'state' | 'reason' | 'signals'>,
): Promise<void> {
  await writer.write
    .updateTable('webhook_receipts')
    .set({
      state: end.state,
      reason: end.reason === null ? null : toStoredText(end.reason),
      signals: end.signals,
      ended_at: writer.at,
    })
    .where('id', '=', id)
    .execute()
}

/** Maps it once more, with the mapping that its source has now; one that waits is left as it is, one without body refused. */
export async function replayWebhookReceipt(
  writer: Writer,
  { jobs, newId, now }: Outbox,
  id: WebhookReceiptId,
): Promise<WebhookReceipt> {
  const receipt = await getWebhookReceipt(writer, id)
  if (receipt.state === 'received') return receipt
  if (receipt.bodyGone !== null) throw bodyGone(receipt)
  await writer.write
    .updateTable('webhook_receipts')
    .set((column) => ({
      state: 'received',
      reason: null,
      ended_at: null,
      rounds: column('rounds', '+', 1),
    }))
    .where('id', '=', id)
    .execute()
  await jobs.enqueue(writer, receiveJob(newId('job'), id, now))
  return getWebhookReceipt(writer, id)
}

export async function getWebhookReceipt(
  reader: Reader,
  id: WebhookReceiptId,
): Promise<WebhookReceipt> {
  const row = await selectReceipts(reader).where('id', '=', id).executeTakeFirst()
  if (row) return toReceipt(row)
  throw new DomainError('not_found', `There is no webhook receipt ${id.slice(0, 128)}.`)
}

/** The raw bytes as they came, to be unpacked outside of the transaction; null: they are gone. */
export async function findPackedBody(
  reader: Reader,
  id: WebhookReceiptId,
): Promise<Uint8Array | null> {
  const { body, body_gone_at } = await reader.read
    .selectFrom('webhook_receipts')
    .select(['body', 'body_gone_at'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return body_gone_at === null ? body : null
}

/** What whoever wants to read or map it is told. */
export const sayBodyGone = ({ id, bodyGone: gone }: Pick<WebhookReceipt, 'id' | 'bodyGone'>) =>
  `The body of receipt ${id} is gone: it ${gone?.why === 'erased' ? 'was erased' : 'expired'} at ${gone?.at ?? 'a time unknown'}; its row and hash stay.`

export const bodyGone = (receipt: Pick<WebhookReceipt, 'id' | 'bodyGone'>) =>
  new DomainError('conflict', `${sayBodyGone(receipt)} It cannot be mapped again.`)

export async function unpackBody(packed: Uint8Array): Promise<Uint8Array> {
  return promisify(inflateRaw)(packed)
}

export interface ReceiptPage {
  readonly sourceId?: WebhookSourceId
  readonly state?: WebhookReceipt['state']
  readonly after?: Pick<WebhookReceipt, 'receivedAt' | 'id'>
  readonly limit: number
}

/** Newest first. */
export async function listWebhookReceipts(
  reader: Reader,
  { sourceId, state, after, limit }: ReceiptPage,
): Promise<WebhookReceipt[]> {
  let query = selectReceipts(reader)
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('received_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (sourceId !== undefined) query = query.where('source_id', '=', sourceId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('received_at', 'id'), '<', tuple(after.receivedAt, after.id)),
    )
  }
  return (await query.execute()).map(toReceipt)
}

/** All but the body. */
const columns = [
  'id',
  'source_id',
  'delivery_id',
  'event',
  'state',
  'reason',
  'headers',
  'body_bytes',
  'signed',
  'signals',
  'rounds',
  'received_at',
  'ended_at',
  'body_gone_at',
  'body_gone_why',
] as const

const selectReceipts = (reader: Reader) =>
  reader.read.selectFrom('webhook_receipts').select(columns)

const toReceipt = (
  row: Pick<Selectable<WebhookReceiptsTable>, (typeof columns)[number]>,
): WebhookReceipt => ({
  id: row.id,
  sourceId: row.source_id,
  deliveryId: row.delivery_id,
  event: row.event,
  state: row.state,
  reason: row.reason,
  headers: JSON.parse(row.headers),
  bodyBytes: row.body_bytes,
  signed: row.signed === 1,
  signals: row.signals,
  rounds: row.rounds,
  receivedAt: row.received_at,
  endedAt: row.ended_at,
  bodyGone:
    row.body_gone_at === null
      ? null
      : { at: row.body_gone_at, why: row.body_gone_why ?? 'expired' },
})
