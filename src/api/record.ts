import { type WebhookEventType, webhookEventTypes } from '../core/webhooks.ts'
import type { Writer } from '../storage/database.ts'
import { emitWebhookEvent, toOutbox } from '../storage/webhook-deliveries.ts'
import type { ApiContext } from './context.ts'

/** What every change to an object leaves: an audit record, and word to those who wanted to be told. */
export async function recordChange(
  writer: Writer,
  context: ApiContext,
  { action, id }: { readonly action: `${string}.${string}`; readonly id: string },
): Promise<void> {
  const [objectType = ''] = action.split('.')
  await writer.audit({ action, objectType, objectId: id })
  if (!isTold(action)) return
  await emitWebhookEvent(writer, toOutbox(context), { type: action, objectId: id })
}

const isTold = (action: string): action is WebhookEventType =>
  (webhookEventTypes as readonly string[]).includes(action)
