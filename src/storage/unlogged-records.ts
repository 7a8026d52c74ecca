import { commit, formatEntry, hashEntry } from '../core/audit/entry.ts'
import { loggedColumns, toRecord } from './audit-records.ts'
import type { Database, Writer } from './database.ts'

const perPage = 1_000
const program = { type: 'service_account', id: 'lucidream' } as const

/**
 * The database, once every record has its leaf: those that were written before there was a Merkle log get
 * theirs in one write, which the log itself then tells of. Closes it when that fails.
 */
export async function openLogged(database: Database): Promise<Database> {
  try {
    const unlogged = await database.read((reader) => listUnlogged(reader, 0))
    if (unlogged.length > 0) await database.write(program, logAll)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

async function logAll(writer: Writer): Promise<void> {
  let count = 0
  for (let afterSeq = 0; ; ) {
    const page = await listUnlogged(writer, afterSeq)
    for (const row of page) await log(writer, row)
    count += page.length
    const last = page.at(-1)
    if (!last) break
    afterSeq = last.seq
  }
  // Another process was faster.
  if (count === 0) return
  await writer.audit({
    action: 'audit_log.begun',
    objectType: 'audit_log',
    objectId: 'audit_log',
    reason: `${count} records were there before the log`,
  })
}

const listUnlogged = ({ read }: Pick<Writer, 'read'>, afterSeq: number) =>
  read
    .selectFrom('audit_records')
    .leftJoin('audit_salts', 'audit_salts.seq', 'audit_records.seq')
    .select(loggedColumns)
    .where('audit_records.leaf', 'is', null)
    .where('audit_records.seq', '>', afterSeq)
    .orderBy('audit_records.seq')
    .limit(perPage)
    .execute()

async function log(
  { write, hash }: Writer,
  row: Awaited<ReturnType<typeof listUnlogged>>[number],
): Promise<void> {
  const record = toRecord(row)
  const commitments = record.salt === null ? record.commitments : commit(hash, record.salt, record)
  await write
    .updateTable('audit_records')
    .set({
      before_commitment: commitments.before,
      after_commitment: commitments.after,
      reason_commitment: commitments.reason,
      leaf: hashEntry(hash, formatEntry({ ...record, commitments })),
    })
    .where('seq', '=', record.seq)
    .execute()
}
