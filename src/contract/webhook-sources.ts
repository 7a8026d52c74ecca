import { z } from 'zod'
import {
  mappingResult,
  webhookReceipt,
  webhookSource,
  webhookSourceWithSecret,
} from './lucid/webhook-sources.ts'

const head = { version: z.literal(1) }

/** `lucidream webhooks sources list --json`. */
export const webhookSourcesDocument = z.object({
  ...head,
  kind: z.literal('webhook_sources'),
  data: z.array(webhookSource),
})
export type WebhookSourcesDocument = z.infer<typeof webhookSourcesDocument>

/** `lucidream webhooks sources add|rotate|remove --json`; `secret` only where it was made or given just now. */
export const webhookSourceDocument = z.object({
  ...head,
  kind: z.literal('webhook_source'),
  webhook_source: webhookSourceWithSecret,
})
export type WebhookSourceDocument = z.infer<typeof webhookSourceDocument>

/** `lucidream webhooks test --json`: one for a file, one for each of the last receipts without a file. */
export const mappingDocument = z.object({
  ...head,
  kind: z.literal('mapping_results'),
  data: z.array(mappingResult.extend({ sample: z.string() })),
})
export type MappingDocument = z.infer<typeof mappingDocument>

/** `lucidream webhooks receipts --json`. */
export const receiptsDocument = z.object({
  ...head,
  kind: z.literal('webhook_receipts'),
  data: z.array(webhookReceipt),
})
export type ReceiptsDocument = z.infer<typeof receiptsDocument>

/** `lucidream webhooks replay --json`. */
const receiptDocument = z.object({
  ...head,
  kind: z.literal('webhook_receipt'),
  webhook_receipt: webhookReceipt,
})
export type ReceiptDocument = z.infer<typeof receiptDocument>
