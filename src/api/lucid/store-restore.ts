import { restoredStore, storePath, storeRestore } from '../../contract/lucid/stores.ts'
import { toTimestamp } from '../../core/clock.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import { planRestore, presentRestore, restoreStore } from '../../storage/restore-store.ts'
import { defineEndpoint } from '../endpoint.ts'
import { writing } from '../v1/memory-frame.ts'

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
        return presentRestore(
          await context.database.read((reader) => planRestore(reader, { ...moment, now })),
          true,
        )
      }
      return presentRestore(
        await context.database.write(actor, (writer) => restoreStore(writer, moment)),
        false,
      )
    },
  }),
]
