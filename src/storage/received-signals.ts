import type { Selectable } from 'kysely'
import { type Hash, makeId, type OutcomeSignalId } from '../core/ids.ts'
import { lookupKeys } from '../core/outcome/join.ts'
import type { MaskedSignal } from '../core/outcome/masked-signal.ts'
import type { Components, Subject } from '../core/outcome/signal.ts'
import { normalSubjects } from '../core/outcome/subject.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import { wakeExperiments } from './experiment-rounds.ts'
import {
  computeJoins,
  insertJoins,
  type Joinable,
  joinColumns,
  toJoinable,
} from './signal-joins.ts'
import type { OutcomeSignalsTable } from './tables/outcomes.ts'
import type { Outbox } from './webhook-deliveries.ts'

/** What became of a signal that was sent. `conflict`: its key is known with other content, which stays. */
export interface Received {
  readonly id: OutcomeSignalId
  readonly state: 'stored' | 'known' | 'conflict'
  /** How many sessions and exposures it is about, as far as they are known now. */
  readonly joins: number
}

/**
 * Stores what is new of the signals, joins it at once, and answers one line for each, in order. Idempotent by
 * source and key; a fact is never overwritten, a revised one is another signal under another key. One audit record
 * commits to all of them; a fixed number of statements for each hundred. Experiments whose units they tell of are woken.
 */
export async function receiveSignals(
  writer: Writer,
  outbox: Outbox,
  signals: readonly MaskedSignal[],
): Promise<Received[]> {
  if (signals.length === 0) return []
  const named = signals.map((signal) => toRow(writer, signal))
  const known = await readContents(writer, named)
  const fresh: SignalRow[] = []
  const states = named.map((row): Received['state'] => {
    const content = contentOf(row)
    const before = known.get(row.id)
    if (before !== undefined) return before === content ? 'known' : 'conflict'
    known.set(row.id, content)
    fresh.push(row)
    return 'stored'
  })
  const counts = await insert(writer, fresh)
  await wakeExperiments(writer, outbox, { signals: fresh.map(({ id }) => id) })
  return named.map(({ id }, index) => {
    const state = states[index] ?? 'known'
    return { id, state, joins: state === 'stored' ? (counts.get(id) ?? 0) : 0 }
  })
}

const nameSignal = (
  hash: Hash,
  { source, idempotencyKey }: Pick<MaskedSignal, 'source' | 'idempotencyKey'>,
): OutcomeSignalId =>
  makeId('osig', hash, ['received', defaultWorkspace, source, hash(idempotencyKey)])

type SignalRow = ReturnType<typeof toRow>

function toRow({ hash, at }: Writer, signal: MaskedSignal) {
  const { sessionId, success } = signal
  const own: Subject[] = sessionId ? [{ type: 'session_id', value: sessionId }] : []
  return {
    id: nameSignal(hash, signal),
    kind: signal.kind,
    value: signal.value,
    success: success === null ? null : success ? (1 as const) : (0 as const),
    components: JSON.stringify(sortParts(signal.components)),
    decided_at: signal.decidedAt,
    source: signal.source,
    created_at: at,
    idempotency_key: signal.idempotencyKey,
    principal: signal.principal,
    signed: signal.signed ? (1 as const) : (0 as const),
    subjects: JSON.stringify(normalSubjects([...signal.subjects, ...own])),
    explanation: signal.explanation,
    final: toBit(signal.final ?? null),
  }
}

const toBit = (flag: boolean | null) => (flag === null ? null : flag ? (1 as const) : (0 as const))

/** Two senders may write the same parts in another order. */
const sortParts = (components: Components): Components =>
  Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)))

type ContentRow = Pick<
  Selectable<OutcomeSignalsTable>,
  | 'kind'
  | 'value'
  | 'success'
  | 'components'
  | 'decided_at'
  | 'principal'
  | 'subjects'
  | 'explanation'
  | 'final'
>

/** Not whether it was signed: the same fact may come again by another way. */
const contentOf = (row: ContentRow): string =>
  JSON.stringify([
    row.kind,
    row.value,
    row.success,
    row.components,
    row.decided_at,
    row.principal,
    row.subjects,
    row.explanation,
    row.final,
  ])

async function readContents(
  reader: Reader,
  rows: readonly SignalRow[],
): Promise<Map<OutcomeSignalId, string>> {
  const stored = await reader.read
    .selectFrom('outcome_signals')
    .selectAll()
    .where('id', 'in', anyOf(rows.map(({ id }) => id)))
    .execute()
  return new Map(stored.map((row) => [row.id, contentOf(row)]))
}

/** Answers how many joins each has. */
async function insert(
  writer: Writer,
  rows: readonly SignalRow[],
): Promise<ReadonlyMap<OutcomeSignalId, number>> {
  const [first] = rows
  if (!first) return new Map()
  const signals = rows.map(toJoinable)
  const computed = await computeJoins(writer, writer.hash, signals)
  const joined = computed.map((one, index) => ({ ...one, id: rows[index]?.id ?? first.id }))
  const filled = rows.map((row, index) => ({
    ...row,
    ...joinColumns(computed[index] ?? { joins: [], reason: 'no_subject' }),
  }))
  const keys = signals.flatMap(keysOf)
  for (const batch of inBatches(filled, rowsPerInsert)) {
    await writer.write.insertInto('outcome_signals').values(batch).execute()
  }
  for (const batch of inBatches(keys, rowsPerInsert)) {
    await writer.write.insertInto('signal_keys').values(batch).execute()
  }
  await insertJoins(writer, joined)
  const sources = [...new Set(rows.map(({ source }) => source))].sort()
  await writer.audit({
    action: 'outcome_signal.received',
    objectType: 'outcome_signal',
    objectId: first.id,
    afterHash: writer.hash(rows.map((row) => `${row.id} ${contentOf(row)}\n`).join('')),
    reason: `${rows.length} of ${sources.join(', ')}`,
  })
  return new Map(joined.map(({ id, joins }) => [id, joins.length]))
}

const keysOf = (signal: Joinable) =>
  normalSubjects(lookupKeys(signal)).map(({ type, value }) => ({
    signal_id: signal.id,
    type,
    value,
  }))
