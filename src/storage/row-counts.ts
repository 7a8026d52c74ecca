import type { Reader } from './database.ts'

const counted = [
  'audit_records',
  'jobs',
  'session_events',
  'memory_versions',
  'transcripts',
] as const

/** Rows of the tables through which every change shows. For tests and `doctor`; it scans. */
export async function countRows(reader: Reader): Promise<Record<(typeof counted)[number], number>> {
  const counts = await Promise.all(
    counted.map(async (table) => {
      const { count } = await reader.read
        .selectFrom(table)
        .select((select) => select.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return [table, Number(count)] as const
    }),
  )
  return Object.fromEntries(counts) as Record<(typeof counted)[number], number>
}
