import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { ExperimentId, ExposureId, MemoryStoreId, SessionId } from '../core/ids.ts'
import { anyOf } from './batches.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import { wakeExperiments } from './experiment-rounds.ts'
import type { ExposuresTable } from './tables/experiments.ts'
import type { Outbox } from './webhook-deliveries.ts'

/** That a unit read a version of a store: assigned, delivered, confirmed in context. */
export interface Exposure {
  readonly id: ExposureId
  readonly storeId: MemoryStoreId
  readonly experimentId: ExperimentId | null
  /** Null: nobody was assigned, because no experiment ran or it was paused. */
  readonly unitOrdinal: number | null
  readonly unit: string
  readonly arm: string | null
  /** As it was said before the coin; null: it was not. */
  readonly taskType: string | null
  readonly sessionId: SessionId | null
  /** Of what was read. */
  readonly contentHash: string
  readonly via: ExposuresTable['via']
  readonly withheld: WithheldLog | null
  readonly washout: 0 | 1
  readonly assignedAt: string
  readonly deliveredAt: string | null
  readonly confirmedAt: string | null
}

/** Which items were left out by chance: `frame` names the contents whose items coins were tossed for. */
export interface WithheldLog {
  readonly share: number
  readonly frame: string
  readonly items: readonly string[]
}

export type NewExposure = Omit<Exposure, 'assignedAt' | 'deliveredAt' | 'confirmedAt'>

/** One reading that was delivered; with its audit record. */
export async function insertExposure(writer: Writer, given: NewExposure): Promise<Exposure> {
  const row = await writer.write
    .insertInto('exposures')
    .values({
      id: given.id,
      store_id: given.storeId,
      experiment_id: given.experimentId,
      unit_ordinal: given.unitOrdinal,
      unit: given.unit,
      arm: given.arm,
      task_type: given.taskType,
      session_id: given.sessionId,
      content_hash: given.contentHash,
      via: given.via,
      withheld: JSON.stringify(given.withheld),
      washout: given.washout,
      assigned_at: writer.at,
      delivered_at: writer.at,
      confirmed_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await writer.audit({
    action: 'exposure.recorded',
    objectType: 'exposure',
    objectId: given.id,
    afterHash: writer.hash(JSON.stringify(row)),
  })
  return toExposure(row)
}

async function findExposure(reader: Reader, id: ExposureId): Promise<Exposure | null> {
  const row = await reader.read
    .selectFrom('exposures')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toExposure(row) : null
}

async function getExposure(reader: Reader, id: ExposureId): Promise<Exposure> {
  const exposure = await findExposure(reader, id)
  if (exposure) return exposure
  throw new DomainError('not_found', `There is no exposure ${id}.`)
}

interface Confirmation {
  readonly id: ExposureId
  readonly sessionId: SessionId | null
}

/**
 * The harness says that it stood in context; a second time changes nothing, and another session is refused. What is
 * known of the session may decide the unit now.
 */
export async function confirmExposure(
  writer: Writer,
  outbox: Outbox,
  { id, sessionId }: Confirmation,
): Promise<Exposure> {
  const before = await getExposure(writer, id)
  if (sessionId !== null && before.sessionId !== null && before.sessionId !== sessionId) {
    throw new DomainError(
      'conflict',
      `Exposure ${id} belongs to session ${before.sessionId}, not to ${sessionId}; each session checks out for itself.`,
    )
  }
  const isKnown =
    before.confirmedAt !== null && (sessionId ?? before.sessionId) === before.sessionId
  if (isKnown) return before
  await writer.write
    .updateTable('exposures')
    .set({
      session_id: sessionId ?? before.sessionId,
      confirmed_at: before.confirmedAt ?? writer.at,
    })
    .where('id', '=', id)
    .execute()
  await writer.audit({ action: 'exposure.confirmed', objectType: 'exposure', objectId: id })
  if (sessionId !== null) await wakeExperiments(writer, outbox, { exposures: [id] })
  return getExposure(writer, id)
}

/** Where a session says in its own words which exposures it had. */
export const exposureKey = 'lucidream.exposure_id'

/** Ids are separated by commas: a session may read several stores. */
const mostNamed = 16

/** What a session says of itself, in metadata or labels. */
interface Saying {
  readonly id: SessionId
  readonly labels: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Those that the session names and that are nobody's yet. Names that are no exposure, or one of another session, are
 * passed over: what a session says of itself is no reason to refuse it.
 */
export async function listUnlinked(reader: Reader, session: Saying): Promise<ExposureId[]> {
  return (await listNamed(reader, session)).flatMap(({ id, session_id }) =>
    session_id === null ? [id] : [],
  )
}

/** A session that comes and names its exposures stood under them. */
export async function linkExposures(
  writer: Writer,
  outbox: Outbox,
  session: Saying,
): Promise<void> {
  for (const { id, session_id } of await listNamed(writer, session)) {
    if (session_id === null || session_id === session.id) {
      await confirmExposure(writer, outbox, { id, sessionId: session.id })
    }
  }
}

async function listNamed(reader: Reader, { labels, metadata }: Saying) {
  const named = metadata[exposureKey] ?? labels[exposureKey]
  if (named === undefined) return []
  const ids = named.split(',', mostNamed).map((id) => id.trim() as ExposureId)
  return reader.read
    .selectFrom('exposures')
    .select(['id', 'session_id'])
    .where('id', 'in', anyOf(ids))
    .orderBy('id')
    .execute()
}

export interface ExposurePage {
  readonly storeId?: MemoryStoreId | undefined
  readonly experimentId?: ExperimentId | undefined
  readonly sessionId?: SessionId | undefined
  readonly unit?: string | undefined
  readonly via?: Exposure['via'] | undefined
  /** The last one of the page before. */
  readonly after?: Pick<Exposure, 'assignedAt' | 'id'> | undefined
  readonly limit: number
}

/** Newest first. */
export async function listExposures(reader: Reader, page: ExposurePage): Promise<Exposure[]> {
  const { storeId, experimentId, sessionId, unit, via, after } = page
  let query = reader.read
    .selectFrom('exposures')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('assigned_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (storeId !== undefined) query = query.where('store_id', '=', storeId)
  if (experimentId !== undefined) query = query.where('experiment_id', '=', experimentId)
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId)
  if (unit !== undefined) query = query.where('unit', '=', unit)
  if (via !== undefined) query = query.where('via', '=', via)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('assigned_at', 'id'), '<', tuple(after.assignedAt, after.id)),
    )
  }
  return (await query.execute()).map(toExposure)
}

/** How far the units of one arm got: each number counts units, not readings. */
export interface ArmCoverage {
  readonly arm: string
  readonly assigned: number
  readonly delivered: number
  readonly confirmed: number
  readonly withSession: number
}

/** In arm order; readings of a washout do not count. */
export async function exposureCoverage(
  reader: Reader,
  experimentId: ExperimentId,
): Promise<ArmCoverage[]> {
  const units = await reader.read
    .selectFrom('experiment_units as unit')
    .select(['unit.arm as arm', (select) => select.fn.countAll<number>().as('assigned')])
    .where('unit.experiment_id', '=', experimentId)
    .groupBy('unit.arm')
    .orderBy('unit.arm')
    .execute()
  const read = await reader.read
    .selectFrom('exposures')
    .select([
      'arm',
      'unit_ordinal',
      (select) => select.fn.max('delivered_at').as('delivered'),
      (select) => select.fn.max('confirmed_at').as('confirmed'),
      (select) => select.fn.max('session_id').as('session'),
    ])
    .where('experiment_id', '=', experimentId)
    .where('unit_ordinal', 'is not', null)
    .where('washout', '=', 0)
    .groupBy(['arm', 'unit_ordinal'])
    .execute()
  return units.map(({ arm, assigned }) => {
    const own = read.filter((row) => row.arm === arm)
    const count = (name: 'delivered' | 'confirmed' | 'session') =>
      own.filter((row) => row[name] !== null).length
    return {
      arm,
      assigned: Number(assigned),
      delivered: count('delivered'),
      confirmed: count('confirmed'),
      withSession: count('session'),
    }
  })
}

const toExposure = (row: Selectable<ExposuresTable>): Exposure => ({
  id: row.id,
  storeId: row.store_id,
  experimentId: row.experiment_id,
  unitOrdinal: row.unit_ordinal,
  unit: row.unit,
  arm: row.arm,
  taskType: row.task_type,
  sessionId: row.session_id,
  contentHash: row.content_hash,
  via: row.via,
  withheld: JSON.parse(row.withheld),
  washout: row.washout,
  assignedAt: row.assigned_at,
  deliveredAt: row.delivered_at,
  confirmedAt: row.confirmed_at,
})
