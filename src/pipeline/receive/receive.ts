import type { SessionId, WebhookReceiptId } from '../../core/ids.ts'
import { type MaskedSignal, maskSignals } from '../../core/outcome/masked-signal.ts'
import type { NewSignal } from '../../core/outcome/signal.ts'
import type { Mapped, MappedSignal } from '../../core/receive/mapping.ts'
import { signUnder } from '../../core/trust/personal-data.ts'
import type { Writer } from '../../storage/database.ts'
import type { Job } from '../../storage/jobs.ts'
import { receiveSignals } from '../../storage/received-signals.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import {
  endWebhookReceipt,
  findPackedBody,
  getWebhookReceipt,
  sayBodyGone,
  unpackBody,
  type WebhookReceipt,
} from '../../storage/webhook-receipts.ts'
import { getWebhookSourceOfReceipt, type WebhookSource } from '../../storage/webhook-sources.ts'
import type { Context } from '../context.ts'

const actor = { type: 'service_account', id: 'receiver' } as const

/**
 * Maps one acknowledged delivery, and stores what it means with its end in one write. Done twice, it is done
 * once: signals are known by their source, the delivery and their place in it. What is wrong with the delivery
 * or the mapping is the receipt's reason, and a replay maps it anew.
 */
export async function receiveDelivery(context: Context, job: Job): Promise<void> {
  const { database, jobs } = context
  const id = job.payload.receipt_id as WebhookReceiptId
  const found = await database.read(async (reader) => {
    const receipt = await getWebhookReceipt(reader, id)
    const source = await getWebhookSourceOfReceipt(reader, receipt.sourceId)
    return { receipt, source, packed: await findPackedBody(reader, id) }
  })
  const mapped = await mapReceipt(context, found)
  const signals =
    mapped.type === 'signals'
      ? await maskSignals(toMasking(context), name(found, mapped.signals))
      : []
  await database.write(actor, async (writer) => {
    await jobs.settle(writer, { id: job.id, attempt: job.attempt, state: 'done' })
    // Its end is in the same write as its job's, so one that has ended was done by somebody else.
    if ((await getWebhookReceipt(writer, id)).state !== 'received') return
    const end = mapped.type === 'signals' ? await store(writer, context, signals) : toEnd(mapped)
    await endWebhookReceipt(writer, id, end)
    await writer.audit({
      action: `webhook_receipt.${end.state}`,
      objectType: 'webhook_receipt',
      objectId: id,
      reason: end.reason,
    })
  })
}

interface Found {
  readonly receipt: WebhookReceipt
  readonly source: WebhookSource
  readonly packed: Uint8Array | null
}

async function mapReceipt(
  { mapper }: Context,
  { receipt, source, packed }: Found,
): Promise<Mapped> {
  const mapping = source.mapping ?? mapper.findBuiltIn(source.provider)
  if (mapping === null) {
    return { type: 'failed', reason: `mapping: ${source.provider} comes with none; give one` }
  }
  if (packed === null) return { type: 'failed', reason: sayBodyGone(receipt) }
  return mapper.map({
    mapping,
    condition: source.condition,
    event: receipt.event,
    headers: receipt.headers,
    body: await unpackBody(packed),
    receivedAt: Date.parse(receipt.receivedAt),
  })
}

/** A replayed receipt gives its signals the names they had. */
const name = ({ receipt, source }: Found, signals: readonly MappedSignal[]): readonly NewSignal[] =>
  signals.map(({ sessionId, ...signal }, index) => ({
    ...signal,
    source: `receiver/${source.name}`,
    idempotencyKey: `${source.id}/${receipt.deliveryId}/${index}`,
    sessionId: sessionId as SessionId | null,
    signed: receipt.signed,
  }))

const toMasking = ({ mask, keyring, hash }: Context) => ({ mask, sign: signUnder(keyring, hash) })

type End = Pick<WebhookReceipt, 'state' | 'reason' | 'signals'>

async function store(
  writer: Writer,
  context: Context,
  signals: readonly MaskedSignal[],
): Promise<End> {
  const received = await receiveSignals(writer, toOutbox(context), signals)
  const conflicts = received.filter(({ state }) => state === 'conflict').length
  const kept = received.length - conflicts
  if (conflicts === 0) return { state: 'mapped', reason: null, signals: kept }
  const reason = `${conflicts} of ${received.length} signals are stored already and say something else; a fact is never overwritten`
  return { state: 'failed', reason, signals: kept }
}

const toEnd = ({ type, reason }: Exclude<Mapped, { type: 'signals' }>): End => ({
  state: type,
  reason,
  signals: 0,
})
