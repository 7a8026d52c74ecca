import {
  webhookReceipt,
  webhookReceiptPage,
  webhookReceiptPath,
  webhookReceiptQuery,
  webhookReceiptWithBody,
} from '../../contract/lucid/webhook-sources.ts'
import type { WebhookReceiptId, WebhookSourceId } from '../../core/ids.ts'
import { presentWebhookReceipt } from '../../core/present/webhook-source.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import {
  findPackedBody,
  getWebhookReceipt,
  listWebhookReceipts,
  replayWebhookReceipt,
  unpackBody,
} from '../../storage/webhook-receipts.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'

const family = 'lucid'
const scopes = ['admin'] as const
const list = 'webhook_receipts'

export const webhookReceiptEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/webhook_receipts',
    family,
    scopes,
    summary: 'What came in by webhook and what became of it; newest first.',
    query: webhookReceiptQuery,
    response: webhookReceiptPage,
    async handle({ context, query }) {
      const { keyring, database } = context
      const after =
        query.page === undefined
          ? undefined
          : (readCursor(keyring, list, query.page) as [string, WebhookReceiptId])
      const rows = await database.read((reader) =>
        listWebhookReceipts(reader, {
          ...(query.webhook_source_id === undefined
            ? {}
            : { sourceId: query.webhook_source_id as WebhookSourceId }),
          ...(query.state === undefined ? {} : { state: query.state }),
          ...(after ? { after: { receivedAt: after[0], id: after[1] } } : {}),
          limit: query.limit + 1,
        }),
      )
      const page = rows.slice(0, query.limit)
      const last = rows.length > page.length ? page.at(-1) : undefined
      return {
        data: page.map(presentWebhookReceipt),
        next_page: last ? writeCursor(keyring, list, [last.receivedAt, last.id]) : null,
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/webhook_receipts/{webhook_receipt_id}',
    family,
    scopes,
    summary: 'One receipt with the bytes that came, while they are kept.',
    params: webhookReceiptPath,
    response: webhookReceiptWithBody,
    async handle({ context, params }) {
      const id = params.webhook_receipt_id as WebhookReceiptId
      const { receipt, packed } = await context.database.read(async (reader) => ({
        receipt: await getWebhookReceipt(reader, id),
        packed: await findPackedBody(reader, id),
      }))
      return {
        ...presentWebhookReceipt(receipt),
        headers: { ...receipt.headers },
        body_base64:
          packed === null ? null : Buffer.from(await unpackBody(packed)).toString('base64'),
      }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/webhook_receipts/{webhook_receipt_id}/replay',
    family,
    scopes,
    summary:
      'Maps a receipt once more by what its source is now; one that waits is left as it is, one whose body is gone is refused.',
    params: webhookReceiptPath,
    response: webhookReceipt,
    async handle({ context, actor, params }) {
      const id = params.webhook_receipt_id as WebhookReceiptId
      return context.database.write(actor, async (writer) => {
        const receipt = await replayWebhookReceipt(writer, toOutbox(context), id)
        await writer.audit({
          action: 'webhook_receipt.replayed',
          objectType: 'webhook_receipt',
          objectId: id,
        })
        return presentWebhookReceipt(receipt)
      })
    },
  }),
]
