import type { Notary } from '../core/audit/notary.ts'
import { DomainError } from '../core/errors.ts'
import { findCheckpoint, sealLog } from './audit-checkpoints.ts'
import { getAuditRecord } from './audit-records.ts'
import { readConsistencyProof, readInclusionProof, readRoot } from './audit-tree.ts'
import type { Database } from './database.ts'

/** Shows that a record stands in the tree over the first `size`: those of the newest checkpoint by default. */
export async function proveRecord(
  database: Database,
  notary: Notary,
  { seq, size: asked }: { readonly seq: number; readonly size: number | null },
) {
  const size = await chooseSize(database, notary, { least: seq, asked })
  if (seq > size) {
    throw new DomainError(
      'invalid_argument',
      `size: a tree over ${size} records does not hold record ${seq}; ask for ${seq} or more.`,
    )
  }
  return database.read(async (reader) => ({
    record: await getAuditRecord(reader, seq),
    size,
    hashes: await readInclusionProof(reader, notary.hash, { seq, size }),
    root: await readRoot(reader, notary.hash, size),
  }))
}

/** Shows that the log over the first `from` records is the beginning of that over the first `to`. */
export async function proveGrowth(
  database: Database,
  notary: Notary,
  { from, to: asked }: { readonly from: number; readonly to: number | null },
) {
  const to = await chooseSize(database, notary, { least: from, asked })
  if (from > to) {
    throw new DomainError('invalid_argument', `from: ${from} is more than to, which is ${to}.`)
  }
  return database.read(async (reader) => ({
    from,
    to,
    fromRoot: await readRoot(reader, notary.hash, from),
    toRoot: await readRoot(reader, notary.hash, to),
    hashes: await readConsistencyProof(reader, notary.hash, { from, to }),
  }))
}

/** Makes a checkpoint where the newest one does not reach as far as is asked. */
async function chooseSize(
  database: Database,
  notary: Notary,
  { least, asked }: { readonly least: number; readonly asked: number | null },
): Promise<number> {
  const needed = Math.max(least, asked ?? 0)
  const newest = await database.read(findCheckpoint)
  const sealed = newest && newest.size >= needed ? newest : await sealLog(database, notary)
  if (sealed.size >= needed) return asked ?? sealed.size
  throw new DomainError(
    'not_found',
    `The audit log holds ${sealed.size} records; ${needed} is beyond its end.`,
  )
}
