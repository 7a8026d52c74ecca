import { sql } from 'kysely'
import type { SessionId, WebhookReceiptId, WebhookSourceId } from '../core/ids.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Reader, Writer } from './database.ts'

/** Bodies of one write, so that no other waits long for it. */
const bodiesAtOnce = 500

/**
 * Takes away the bodies of deliveries that came before a moment, the oldest first, and answers how many; 0: none is
 * left. Those that wait to be mapped stay. Rows and hashes stay, so that the same delivery is still known.
 */
export async function expireReceiptBodies(writer: Writer, before: string): Promise<number> {
  const rows = await writer.read
    .selectFrom('webhook_receipts')
    .select('id')
    // Written out, so that the index of those that have a body is seen to serve.
    .where(sql<boolean>`body_gone_at is null and state <> 'received'`)
    .where('received_at', '<', before)
    .orderBy('received_at')
    .orderBy('id')
    .limit(bodiesAtOnce)
    .execute()
  const ids = rows.map(({ id }) => id)
  await forgetBodies(writer, ids, 'expired')
  return ids.length
}

/** The bodies from which these signals came, what else they told of included. */
export async function eraseReceiptBodies(
  writer: Writer,
  ids: readonly WebhookReceiptId[],
): Promise<void> {
  for (const some of inBatches([...ids].sort(), bodiesAtOnce)) {
    await forgetBodies(writer, some, 'erased')
  }
}

/** One audit record commits to which they were. */
async function forgetBodies(
  writer: Writer,
  ids: readonly WebhookReceiptId[],
  why: 'expired' | 'erased',
): Promise<void> {
  const [first] = ids
  if (first === undefined) return
  await writer.write
    .updateTable('webhook_receipts')
    .set({
      body: new Uint8Array(),
      body_gone_at: writer.at,
      body_gone_why: why,
      ...(why === 'erased' ? { headers: '{}', reason: null } : {}),
    })
    .where('id', 'in', anyOf(ids))
    .execute()
  await writer.audit({
    action: `webhook_receipt.bodies_${why}`,
    objectType: 'webhook_receipt',
    objectId: first,
    afterHash: writer.hash(ids.join('\n')),
    reason: `${ids.length} bodies`,
  })
}

/**
 * The deliveries that told of these sessions: their signals are named by source, delivery and place. Weak joins are left
 * out, as they are wherever signals count.
 */
export async function listReceiptsOf(
  reader: Reader,
  sessions: readonly SessionId[],
): Promise<WebhookReceiptId[]> {
  const signals = await reader.read
    .selectFrom('signal_joins')
    .innerJoin('outcome_signals', 'outcome_signals.id', 'signal_joins.signal_id')
    .select('outcome_signals.idempotency_key as key')
    .distinct()
    .where('signal_joins.session_id', 'in', anyOf(sessions))
    .where('signal_joins.confidence', '<>', 'weak')
    .where('outcome_signals.source', 'like', 'receiver/%')
    .execute()
  const deliveries = signals.flatMap(({ key }) => {
    const [, source = '', delivery = ''] = /^([^/]+)\/(.*)\/\d+$/s.exec(key ?? '') ?? []
    return source === '' ? [] : [{ source, delivery }]
  })
  const wanted = new Set(deliveries.map(({ source, delivery }) => `${source}\0${delivery}`))
  const rows = await reader.read
    .selectFrom('webhook_receipts')
    .select(['id', 'source_id', 'delivery_id'])
    .where(
      'source_id',
      'in',
      anyOf([...new Set(deliveries.map(({ source }) => source as WebhookSourceId))]),
    )
    .where('delivery_id', 'in', anyOf([...new Set(deliveries.map(({ delivery }) => delivery))]))
    .execute()
  return rows.flatMap(({ id, source_id, delivery_id }) =>
    wanted.has(`${source_id}\0${delivery_id}`) ? [id] : [],
  )
}
