import { sql } from 'kysely'
import type { ExperimentId, ExposureId, OutcomeSignalId, SessionId } from '../core/ids.ts'
import { anyOf } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { listOpenIds } from './experiments.ts'
import type { Outbox } from './webhook-deliveries.ts'

/** The job in which the units of one experiment are committed, and what follows from them is done. */
export const roundKind = 'experiment'

/** What arrives within this time is one round. */
const gatherMs = 500

/** What happened that a unit may have waited for. */
interface Arrived {
  readonly signals?: readonly OutcomeSignalId[]
  readonly sessions?: readonly SessionId[]
  readonly exposures?: readonly ExposureId[]
}

/**
 * Has the experiments that are concerned take their turn soon, in the transaction of what happened: a thousand signals
 * that come at once are one round of each. Deadlines that pass, and what an outage swallowed, are met by the worker's
 * own round once a minute.
 */
export async function wakeExperiments(
  writer: Writer,
  outbox: Outbox,
  arrived: Arrived,
): Promise<void> {
  await requestRounds(writer, outbox, await listConcerned(writer, arrived))
}

export async function requestRounds(
  writer: Writer,
  { jobs, newId, now }: Outbox,
  ids: readonly ExperimentId[],
): Promise<void> {
  for (const id of ids) {
    await jobs.enqueueOnce(writer, {
      id: newId('job'),
      kind: roundKind,
      payload: { experiment_id: id },
      availableAt: now + gatherMs,
    })
  }
}

/** Open experiments whose units are told of, by id. Each way in is a look-up by an index. */
async function listConcerned(
  reader: Reader,
  { signals = [], sessions = [], exposures = [] }: Arrived,
): Promise<ExperimentId[]> {
  const open = await listOpenIds(reader)
  // Most of the time nothing is tried at all.
  if (open.length === 0) return []
  const joins =
    signals.length === 0
      ? []
      : await reader.read
          .selectFrom('signal_joins')
          .select(['session_id', 'exposure_id'])
          .distinct()
          .where('signal_id', 'in', anyOf(signals))
          .execute()
  const sessionIds = [...sessions, ...joins.flatMap((one) => one.session_id ?? [])]
  const exposureIds = [...exposures, ...joins.flatMap((one) => one.exposure_id ?? [])]
  const found = new Set([
    ...(await listReading(reader, 'session_id', sessionIds)),
    ...(await listReading(reader, 'id', exposureIds)),
  ])
  return open.filter((id) => found.has(id))
}

async function listReading(
  reader: Reader,
  column: 'session_id' | 'id',
  ids: readonly string[],
): Promise<(ExperimentId | null)[]> {
  if (ids.length === 0) return []
  const rows = await reader.read
    .selectFrom('exposures')
    .select('experiment_id')
    .distinct()
    .where(sql.ref(column), 'in', anyOf([...new Set(ids)]))
    .where('experiment_id', 'is not', null)
    .execute()
  return rows.map((row) => row.experiment_id)
}
