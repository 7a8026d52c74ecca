import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { OutcomeSignalId, SessionId } from '../core/ids.ts'
import type { OutcomeSignal } from '../core/outcome/signal.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import type { OutcomeSignalsTable } from './tables/outcomes.ts'

/**
 * Stores the signals that are not known yet and answers with those. A known id with the same content is
 * left alone; with other content it is a conflict and nothing is stored: a fact is never overwritten.
 */
export async function insertOutcomeSignals(
  writer: Writer,
  signals: readonly OutcomeSignal[],
): Promise<OutcomeSignal[]> {
  const added: OutcomeSignal[] = []
  for (const batch of inBatches(signals, rowsPerInsert)) {
    const fresh = await pickUnknown(writer, batch)
    if (fresh.length === 0) continue
    const rows = fresh.map((signal) => ({ ...toRow(signal), created_at: writer.at }))
    await writer.write.insertInto('outcome_signals').values(rows).execute()
    added.push(...fresh)
  }
  return added
}

/** By session, then in the order in which they were decided, undated ones first. */
export async function listOutcomeSignals(
  reader: Reader,
  sessionIds: readonly SessionId[],
): Promise<OutcomeSignal[]> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .selectAll()
    .where('session_id', 'in', anyOf(sessionIds))
    .orderBy('session_id')
    .orderBy('decided_at', (order) => order.asc().nullsFirst())
    .orderBy('id')
    .execute()
  return rows.map(toSignal)
}

/** Ids only, in the order of `listOutcomeSignals`. */
export async function listOutcomeSignalIds(
  reader: Reader,
  sessionIds: readonly SessionId[],
): Promise<OutcomeSignalId[]> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .select('id')
    .where('session_id', 'in', anyOf(sessionIds))
    .orderBy('session_id')
    .orderBy('decided_at', (order) => order.asc().nullsFirst())
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

async function pickUnknown(
  reader: Reader,
  signals: readonly OutcomeSignal[],
): Promise<OutcomeSignal[]> {
  const ids = signals.map((signal) => signal.id)
  const stored = await reader.read
    .selectFrom('outcome_signals')
    .selectAll()
    .where('id', 'in', anyOf(ids))
    .execute()
  const known = new Map(stored.map((row) => [row.id, contentOf(toSignal(row))]))
  return signals.filter((signal) => {
    const content = contentOf(signal)
    const before = known.get(signal.id)
    if (before !== undefined && before !== content) throw contradiction(signal)
    known.set(signal.id, content)
    return before === undefined
  })
}

const contradiction = ({ id, sessionId, kind }: OutcomeSignal) =>
  new DomainError(
    'conflict',
    `Outcome signal ${id} (${kind} of session ${sessionId}) is already stored with other content. A new fact needs a new signal.`,
  )

const contentOf = (signal: OutcomeSignal): string => JSON.stringify(toRow(signal))

const toRow = (signal: OutcomeSignal) => ({
  id: signal.id,
  session_id: signal.sessionId,
  kind: signal.kind,
  value: signal.value,
  success: signal.success === null ? null : signal.success ? (1 as const) : (0 as const),
  components: JSON.stringify(signal.components),
  decided_at: signal.decidedAt,
  source: signal.source,
})

const toSignal = (row: Selectable<OutcomeSignalsTable>): OutcomeSignal => ({
  id: row.id,
  sessionId: row.session_id as SessionId,
  kind: row.kind,
  value: row.value,
  success: row.success === null ? null : row.success === 1,
  components: JSON.parse(row.components),
  decidedAt: row.decided_at,
  source: row.source,
})
