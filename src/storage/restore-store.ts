import { DomainError } from '../core/errors.ts'
import { hasText } from '../core/store-state.ts'
import type { Reader, Writer } from './database.ts'
import { listHeadState, readTexts } from './memory-states.ts'
import { getOpenMemoryStore } from './memory-stores.ts'
import { planWrites, presentWrites } from './planned-writes.ts'
import { type MomentOptions, readMoment } from './store-moments.ts'
import { type PathWrite, writePaths } from './store-writes.ts'

/** Memories whose version of then was redacted stay as they are: there is nothing to restore. */
export async function planRestore(reader: Reader, moment: MomentOptions) {
  await getOpenMemoryStore(reader, moment.storeId)
  const { at, entries } = await readMoment(reader, moment)
  const current = await listHeadState(reader, moment.storeId)
  const redacted = new Set(entries.flatMap((one) => (hasText(one) ? [] : [one.memoryId])))
  const wanted = entries.filter(hasText)
  const writes = planWrites({ current, wanted, goes: ({ memoryId }) => !redacted.has(memoryId) })
  return { storeId: moment.storeId, at, entries, current, redacted, wanted, writes }
}

export type RestorePlan = Awaited<ReturnType<typeof planRestore>>

async function readWanted(
  reader: Reader,
  { wanted }: RestorePlan,
  { path }: PathWrite,
): Promise<string> {
  const entry = wanted.find((one) => one.path === path)
  const text = entry && (await readTexts(reader, [entry.versionId])).get(entry.versionId)
  if (text !== undefined) return text
  throw new DomainError('conflict', `What stood at ${path} was redacted meanwhile; try again.`)
}

/** By new versions, in one write with its audit record; nothing of the store's history is lost. */
export async function restoreStore(
  writer: Writer,
  moment: Omit<MomentOptions, 'now'>,
): Promise<RestorePlan> {
  const { storeId } = moment
  const plan = await planRestore(writer, { ...moment, now: writer.at })
  const textOf = (write: PathWrite) => readWanted(writer, plan, write)
  await writePaths(writer, { storeId, writes: plan.writes, textOf })
  await writer.audit({
    action: 'memory_store.restored',
    objectType: 'memory_store',
    objectId: storeId,
    beforeHash: writer.hash(JSON.stringify(plan.current)),
    afterHash: writer.hash(JSON.stringify(plan.entries)),
    reason: `as of ${plan.at}`,
  })
  return plan
}

/** In the shape of the contract. */
export const presentRestore = (plan: RestorePlan, dryRun: boolean) => ({
  type: 'memory_store_restore' as const,
  memory_store_id: plan.storeId,
  at: plan.at,
  dry_run: dryRun,
  ...presentWrites(plan.current, plan.writes),
  left_out: [...plan.redacted].map((id) => ({ memory_id: id, reason: 'redacted' as const })),
})
