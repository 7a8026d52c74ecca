import { Webhook } from 'standardwebhooks'
import { makeId, type WebhookDeliveryId } from '../../core/ids.ts'
import { backOffSeconds, maxDeliveryAttempts } from '../../core/webhooks.ts'
import type { Writer } from '../../storage/database.ts'
import type { Job } from '../../storage/jobs.ts'
import {
  deliveryJob,
  getWebhookDelivery,
  recordWebhookAttempt,
  type WebhookDelivery,
} from '../../storage/webhook-deliveries.ts'
import {
  findWebhookEndpoint,
  updateWebhookEndpoint,
  type WebhookEndpoint,
} from '../../storage/webhook-endpoints.ts'
import type { Context } from '../context.ts'
import type { PostAnswer } from './post.ts'

const actor = { type: 'service_account', id: 'webhooks' } as const

/** An endpoint that has only failed for this long is switched off. */
const patienceMs = 3 * 24 * 3_600_000

/**
 * One attempt of one delivery. A 2xx ends it; a redirect or a forbidden address ends it and switches the
 * endpoint off; anything else is tried again later, until the last attempt leaves it dead. The request is
 * made with no transaction open, so a crash between the answer and its record sends it once more: receivers
 * tell repeats by `webhook-id`, which never changes.
 */
export async function deliverWebhook(context: Context, job: Job): Promise<void> {
  const id = job.payload.delivery_id as WebhookDeliveryId
  const { delivery, endpoint } = await context.database.read(async (reader) => {
    const found = await getWebhookDelivery(reader, id)
    return { delivery: found, endpoint: await findWebhookEndpoint(reader, found.endpointId) }
  })
  const answer =
    delivery.state === 'pending' && endpoint?.state === 'enabled'
      ? await send(context, delivery, endpoint)
      : null
  await context.database.write(actor, async (writer) => {
    await context.jobs.settle(writer, { id: job.id, attempt: job.attempt, state: 'done' })
    if (delivery.state !== 'pending') return
    const end = answer === null ? unsent : judge(answer, countAttempts(delivery))
    await recordWebhookAttempt(writer, id, end)
    if (end.state === 'pending') await tryAgain(writer, context, delivery)
    if (endpoint && answer) await noteHealth(writer, context, { endpoint, end })
    await writer.audit({
      action: `webhook.${end.state === 'pending' ? 'retried' : end.state}`,
      objectType: 'webhook_delivery',
      objectId: id,
      reason: end.error,
    })
  })
}

function send(
  { keyring, clock, organizationId, postWebhook }: Context,
  { event }: WebhookDelivery,
  { url, secret }: WebhookEndpoint,
): Promise<PostAnswer> {
  const body = JSON.stringify({
    type: 'event',
    id: event.id,
    created_at: event.createdAt,
    data: {
      type: event.type,
      id: event.objectId,
      organization_id: organizationId,
      workspace_id: 'wrkspc_default',
    },
  })
  const now = new Date(clock())
  const signature = new Webhook(keyring.unseal('webhook-secret', secret)).sign(event.id, now, body)
  return postWebhook(
    url,
    {
      'content-type': 'application/json',
      'user-agent': 'lucidream-webhooks',
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signature,
    },
    body,
  )
}

interface End {
  readonly state: WebhookDelivery['state']
  readonly status: number | null
  readonly error: string | null
  /** Why the endpoint is switched off at once; null when it is not. */
  readonly disable: string | null
}

const unsent: End = {
  state: 'dead',
  status: null,
  error: 'the endpoint was deleted or switched off',
  disable: null,
}

function judge(answer: PostAnswer, attempt: number): End {
  if (answer.type === 'refused') {
    return { state: 'dead', status: null, error: answer.reason, disable: answer.reason }
  }
  const later = attempt >= maxDeliveryAttempts ? 'dead' : 'pending'
  if (answer.type === 'failed') {
    return { state: later, status: null, error: answer.reason.slice(0, 500), disable: null }
  }
  const { status } = answer
  if (status >= 200 && status < 300)
    return { state: 'delivered', status, error: null, disable: null }
  if (status >= 300 && status < 400) {
    const error = `answered ${status}: redirects are not followed; give the final URL`
    return { state: 'dead', status, error, disable: error }
  }
  return { state: later, status, error: `answered ${status}`, disable: null }
}

/** Since the delivery was made or replayed, this one included. */
const countAttempts = ({ attempts, attemptsBefore }: WebhookDelivery) =>
  attempts - attemptsBefore + 1

/** The wait is jittered by a hash, so that the same delivery always waits the same. */
async function tryAgain(writer: Writer, context: Context, delivery: WebhookDelivery) {
  const attempt = countAttempts(delivery)
  const jitter =
    Number.parseInt(context.hash(`${delivery.id} ${attempt}`).slice(0, 8), 16) / 2 ** 32
  const dueAt = context.clock() + backOffSeconds(attempt, jitter) * 1_000
  const id = makeId('job', context.hash, [delivery.id, String(delivery.attempts + 1)])
  await context.jobs.enqueue(writer, deliveryJob(id, delivery.id, Math.round(dueAt)))
}

async function noteHealth(
  writer: Writer,
  { clock }: Context,
  { endpoint, end }: { readonly endpoint: WebhookEndpoint; readonly end: End },
): Promise<void> {
  const { id, failingSince } = endpoint
  if (end.disable !== null) {
    await updateWebhookEndpoint(writer, id, { state: 'disabled', disabledReason: end.disable })
  } else if (end.state === 'delivered') {
    if (failingSince !== null) await updateWebhookEndpoint(writer, id, { failingSince: null })
  } else if (failingSince === null) {
    await updateWebhookEndpoint(writer, id, { failingSince: writer.at })
  } else if (clock() - Date.parse(failingSince) > patienceMs) {
    const disabledReason = `every attempt has failed since ${failingSince}`
    await updateWebhookEndpoint(writer, id, { state: 'disabled', disabledReason })
  }
}
