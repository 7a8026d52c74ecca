import { restoredStore, storePath, storeRestore } from '../../contract/lucid/stores.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import { hasText } from '../../core/store-state.ts'
import type { Reader } from '../../storage/database.ts'
import { listHeadState, readTexts } from '../../storage/memory-states.ts'
import { getOpenMemoryStore } from '../../storage/memory-stores.ts'
import { type PathWrite, writePaths } from '../../storage/store-writes.ts'
import { defineEndpoint } from '../endpoint.ts'
import { writing } from '../v1/memory-frame.ts'
import { type MomentOptions, readMoment } from './store-moments.ts'
import { planWrites, presentWrites } from './store-writes.ts'

export const storeRestoreEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/memory_stores/{memory_store_id}/restore',
    family: 'lucid',
    scopes: writing,
    summary:
      'Makes a memory store what it was at a moment, by new versions in one write; nothing of its history is lost.',
    params: storePath,
    body: storeRestore,
    response: restoredStore,
    async handle({ context, actor, params, body }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const moment = { storeId, snapshotId: body.snapshot_id, at: body.at }
      if (body.dry_run) {
        const now = toTimestamp(context.clock())
        const plan = await context.database.read((reader) =>
          planRestore(reader, { ...moment, now }),
        )
        return present(plan, { storeId, dryRun: true })
      }
      return context.database.write(actor, async (writer) => {
        const plan = await planRestore(writer, { ...moment, now: writer.at })
        const textOf = (write: PathWrite) => readWanted(writer, plan, write)
        await writePaths(writer, { storeId, writes: plan.writes, textOf })
        await writer.audit({
          action: 'memory_store.restored',
          objectType: 'memory_store',
          objectId: storeId,
          beforeHash: context.hash(JSON.stringify(plan.current)),
          afterHash: context.hash(JSON.stringify(plan.entries)),
          reason: `as of ${plan.at}`,
        })
        return present(plan, { storeId, dryRun: false })
      })
    },
  }),
]

/** Memories whose version of then was redacted stay as they are: there is nothing to restore. */
async function planRestore(reader: Reader, moment: MomentOptions) {
  await getOpenMemoryStore(reader, moment.storeId)
  const { at, entries } = await readMoment(reader, moment)
  const current = await listHeadState(reader, moment.storeId)
  const redacted = new Set(entries.flatMap((one) => (hasText(one) ? [] : [one.memoryId])))
  const wanted = entries.filter(hasText)
  const writes = planWrites({ current, wanted, goes: ({ memoryId }) => !redacted.has(memoryId) })
  return { at, entries, current, redacted, wanted, writes }
}

type RestorePlan = Awaited<ReturnType<typeof planRestore>>

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

const present = (
  plan: RestorePlan,
  { storeId, dryRun }: { readonly storeId: MemoryStoreId; readonly dryRun: boolean },
) => ({
  type: 'memory_store_restore' as const,
  memory_store_id: storeId,
  at: plan.at,
  dry_run: dryRun,
  ...presentWrites(plan.current, plan.writes),
  left_out: [...plan.redacted].map((id) => ({ memory_id: id, reason: 'redacted' as const })),
})
