import { toTimestamp } from '../core/clock.ts'
import { expireReceiptBodies } from '../storage/receipt-bodies.ts'
import type { Context } from './context.ts'

const actor = { type: 'service_account', id: 'receiver' } as const

/** Takes away the raw bodies of webhook deliveries that are older than the administrator keeps them; answers how many. */
export async function expireBodies({
  database,
  clock,
  receiptBodyMs,
  signal,
}: Context): Promise<number> {
  const before = toTimestamp(clock() - receiptBodyMs)
  let gone = 0
  while (!signal.aborted) {
    const some = await database.write(actor, (writer) => expireReceiptBodies(writer, before))
    gone += some
    if (some === 0) break
  }
  return gone
}
