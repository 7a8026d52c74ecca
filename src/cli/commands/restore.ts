import type { StoreRestoreDocument } from '../../contract/review.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import { planRestore, presentRestore, restoreStore } from '../../storage/restore-store.ts'
import { parseMoment } from '../../storage/store-moments.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { showForeign } from '../text.ts'
import { person } from './review.ts'

export interface RestoreOptions extends GlobalOptions {
  readonly dryRun?: boolean
  /** A time or a snapshot. */
  readonly to: string
}

/** A whole memory store, back to a moment. Changes that were applied since stay listed as applied. */
export function runRestore(
  invocation: Invocation,
  id: string,
  options: RestoreOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    if (!id.startsWith('memstore_')) {
      throw new DomainError(
        'invalid_argument',
        `--to takes a whole memory store back: give its id (memstore_…) instead of "${id.slice(0, 64)}".`,
      )
    }
    const { database, clock } = context
    const moment = { storeId: id as MemoryStoreId, ...parseMoment(options.to) }
    const dryRun = options.dryRun === true
    const plan = dryRun
      ? await database.read((reader) =>
          planRestore(reader, { ...moment, now: toTimestamp(clock()) }),
        )
      : await database.write(person, (writer) => restoreStore(writer, moment))
    const { type: _, ...done } = presentRestore(plan, dryRun)
    const document: StoreRestoreDocument = { version: 1, kind: 'store_restore', ...done }
    invocation.print(document, () => [
      ...done.changes.map(({ path, change }) => `${change} ${showForeign(path)}`),
      `${done.unchanged} as they were; the store is what it was at ${done.at}`,
      ...done.left_out.map((one) => `left as it is: ${one.memory_id} was ${one.reason} since`),
    ])
    return exitCodes.ok
  })
}
