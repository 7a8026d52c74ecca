import { type Selectable, sql } from 'kysely'
import type { Actor } from '../core/audit/record.ts'
import { DomainError } from '../core/errors.ts'
import type { LeaveOneOut } from '../core/experiment/leave-one-out.ts'
import type { ExperimentPlan } from '../core/experiment/plan.ts'
import type { ExperimentState } from '../core/experiment/verdict-sentence.ts'
import type { ChangeId, ExperimentId, MemorySnapshotId, MemoryStoreId } from '../core/ids.ts'
import { anyOf } from './batches.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { ExperimentChangesTable, ExperimentsTable, UnitKind } from './tables/experiments.ts'

/** Candidate and incumbent of a store, read by units that a coin assigned, with what came of it. */
export interface Experiment {
  readonly id: ExperimentId
  readonly storeId: MemoryStoreId
  readonly name: string
  readonly state: ExperimentState
  readonly unit: UnitKind
  /** Sealed for the purpose `experiment`. */
  readonly salt: string
  readonly plan: ExperimentPlan
  readonly incumbentSnapshotId: MemorySnapshotId | null
  readonly stage: number
  readonly verdict: ExperimentVerdict | null
  readonly changes: readonly ExperimentChange[]
  readonly createdBy: Actor
  readonly createdAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly holdback: Holdback | null
}

export interface ExperimentChange {
  readonly ordinal: number
  readonly changeId: ChangeId
  readonly changeHash: string
  readonly readyAt: number | null
  readonly provenAt: number | null
  readonly closedAt: number | null
  readonly verdict: ExperimentChangesTable['verdict']
  /** Null: not asked, because its test was never ready or nobody's word is capped. */
  readonly leaveOneOut: LeaveOneOut | null
}

interface ExperimentVerdict {
  /** In plain words. */
  readonly sentence: string
  readonly reasons: readonly string[]
}

/** After a promotion some units keep the incumbent for a while. */
interface Holdback {
  /** Of the store right after its changes were written into it. */
  readonly contentHash: string
  /** The first unit. */
  readonly from: number
  readonly until: string
  readonly endedAt: string | null
}

export type NewExperiment = Pick<
  Experiment,
  'id' | 'storeId' | 'name' | 'unit' | 'salt' | 'plan'
> & { readonly changes: readonly Pick<ExperimentChange, 'changeId' | 'changeHash'>[] }

/** A draft. */
export async function insertExperiment(writer: Writer, given: NewExperiment): Promise<Experiment> {
  const { id, changes } = given
  await writer.write
    .insertInto('experiments')
    .values({
      id,
      store_id: given.storeId,
      name: given.name,
      state: 'draft',
      unit: given.unit,
      salt: given.salt,
      settings: JSON.stringify(given.plan),
      stage: 0,
      created_by_type: writer.actor.type,
      created_by_id: writer.actor.id,
      created_at: writer.at,
    })
    .execute()
  const rows = changes.map(({ changeId, changeHash }, ordinal) => ({
    experiment_id: id,
    ordinal,
    change_id: changeId,
    change_hash: changeHash,
  }))
  await writer.write.insertInto('experiment_changes').values(rows).execute()
  return getExperiment(writer, id)
}

async function findExperiment(reader: Reader, id: ExperimentId): Promise<Experiment | null> {
  const row = await reader.read
    .selectFrom('experiments')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? ((await withChanges(reader, [row]))[0] ?? null) : null
}

export async function getExperiment(reader: Reader, id: ExperimentId): Promise<Experiment> {
  const found = await findExperiment(reader, id)
  if (!found) throw new DomainError('not_found', `There is no experiment ${id}.`)
  return found
}

export interface ExperimentPage {
  readonly storeId?: MemoryStoreId | undefined
  readonly states?: readonly ExperimentState[] | undefined
  /** RFC 3339 UTC, inclusive; drafts have not started. */
  readonly startedFrom?: string | undefined
  readonly after?: Pick<Experiment, 'createdAt' | 'id'> | undefined
  readonly limit: number
}

/** Newest first. */
export async function listExperiments(reader: Reader, page: ExperimentPage): Promise<Experiment[]> {
  const { storeId, states, startedFrom, after } = page
  let query = reader.read
    .selectFrom('experiments')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (storeId !== undefined) query = query.where('store_id', '=', storeId)
  if (states !== undefined) query = query.where('state', 'in', anyOf(states))
  if (startedFrom !== undefined) query = query.where('started_at', '>=', startedFrom)
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    )
  }
  return withChanges(reader, await query.execute())
}

/** Written as the index is that holds these rows alone: ended ones are never read. */
export const isOpenRow = sql<boolean>`(state in ('running', 'paused') or (state = 'promoted' and holdback_ended_at is null))`

/** Of those whose units are waited for, without reading their plans. */
export async function listOpenIds(reader: Reader): Promise<ExperimentId[]> {
  const rows = await reader.read
    .selectFrom('experiments')
    .select('id')
    .where(isOpenRow)
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** Running, paused, or with a holdback that goes on: those whose units are waited for. */
export async function listOpenExperiments(
  reader: Reader,
  storeId?: MemoryStoreId,
): Promise<Experiment[]> {
  let query = reader.read
    .selectFrom('experiments')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where(isOpenRow)
    .orderBy('id')
  if (storeId !== undefined) query = query.where('store_id', '=', storeId)
  return withChanges(reader, await query.execute())
}

/** Those that are not over and try one of these changes. */
export async function listExperimentsOf(
  reader: Reader,
  changeIds: readonly ChangeId[],
): Promise<Experiment[]> {
  const rows = await reader.read
    .selectFrom('experiments')
    .selectAll()
    .where('state', 'in', anyOf(['draft', 'running', 'paused'] as const))
    .where('id', 'in', (select) =>
      select
        .selectFrom('experiment_changes')
        .select('experiment_id')
        .where('change_id', 'in', anyOf(changeIds)),
    )
    .orderBy('id')
    .execute()
  return withChanges(reader, rows)
}

/** Every one that tries this change or did, newest first. */
export async function listAllExperimentsOf(
  reader: Reader,
  changeId: ChangeId,
): Promise<Experiment[]> {
  const rows = await reader.read
    .selectFrom('experiments')
    .selectAll()
    .where('id', 'in', (select) =>
      select
        .selectFrom('experiment_changes')
        .select('experiment_id')
        .where('change_id', '=', changeId),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return withChanges(reader, rows)
}

export interface ExperimentPatch {
  readonly state?: ExperimentState
  readonly plan?: ExperimentPlan
  readonly incumbentSnapshotId?: MemorySnapshotId
  readonly stage?: number
  readonly verdict?: ExperimentVerdict
  readonly startedAt?: string
  readonly endedAt?: string
  readonly holdback?: Omit<Holdback, 'endedAt'>
  readonly holdbackUntil?: string
  readonly holdbackEndedAt?: string
}

/** Fields left out stay as they are. A conflict when it is in another state, or its holdback is over, by now. */
export async function updateExperiment(
  writer: Writer,
  { id, state }: Pick<Experiment, 'id' | 'state'>,
  patch: ExperimentPatch,
): Promise<void> {
  const { plan, incumbentSnapshotId, verdict, startedAt, endedAt, holdback } = patch
  const { holdbackUntil, holdbackEndedAt } = patch
  const result = await writer.write
    .updateTable('experiments')
    .set({
      state: patch.state ?? state,
      ...(plan === undefined ? {} : { settings: JSON.stringify(plan) }),
      ...(incumbentSnapshotId === undefined ? {} : { incumbent_snapshot_id: incumbentSnapshotId }),
      ...(patch.stage === undefined ? {} : { stage: patch.stage }),
      ...(verdict === undefined ? {} : { verdict: JSON.stringify(verdict) }),
      ...(startedAt === undefined ? {} : { started_at: startedAt }),
      ...(endedAt === undefined ? {} : { ended_at: endedAt }),
      ...(holdback === undefined
        ? {}
        : {
            promoted_content_hash: holdback.contentHash,
            holdback_from: holdback.from,
            holdback_until: holdback.until,
          }),
      ...(holdbackUntil === undefined ? {} : { holdback_until: holdbackUntil }),
      ...(holdbackEndedAt === undefined ? {} : { holdback_ended_at: holdbackEndedAt }),
    })
    .where('id', '=', id)
    .where('state', '=', state)
    .$if(holdbackEndedAt !== undefined, (query) => query.where('holdback_ended_at', 'is', null))
    .executeTakeFirst()
  if (result.numUpdatedRows === 1n) return
  const now = await getExperiment(writer, id)
  const what =
    now.state === state
      ? `The holdback of experiment ${id} is over`
      : `Experiment ${id} is ${now.state}, not ${state},`
  throw new DomainError('conflict', `${what} by now.`, { details: { error_code: 'turn_taken' } })
}

export async function updateExperimentChange(
  writer: Writer,
  id: ExperimentId,
  {
    ordinal,
    readyAt,
    provenAt,
    closedAt,
    verdict,
  }: Omit<ExperimentChange, 'changeId' | 'changeHash' | 'leaveOneOut'>,
): Promise<void> {
  await writer.write
    .updateTable('experiment_changes')
    .set({ ready_at: readyAt, proven_at: provenAt, closed_at: closedAt, verdict })
    .where('experiment_id', '=', id)
    .where('ordinal', '=', ordinal)
    .execute()
}

export async function setLeaveOneOut(
  writer: Writer,
  id: ExperimentId,
  { ordinal, leaveOneOut }: { readonly ordinal: number; readonly leaveOneOut: LeaveOneOut },
): Promise<void> {
  await writer.write
    .updateTable('experiment_changes')
    .set({ leave_one_out: JSON.stringify(leaveOneOut) })
    .where('experiment_id', '=', id)
    .where('ordinal', '=', ordinal)
    .execute()
}

async function withChanges(
  reader: Reader,
  rows: readonly Selectable<ExperimentsTable>[],
): Promise<Experiment[]> {
  const changes = await reader.read
    .selectFrom('experiment_changes')
    .selectAll()
    .where('experiment_id', 'in', anyOf(rows.map(({ id }) => id)))
    .orderBy('experiment_id')
    .orderBy('ordinal')
    .execute()
  const byExperiment = Map.groupBy(changes, (one) => one.experiment_id)
  return rows.map((row) => toExperiment(row, (byExperiment.get(row.id) ?? []).map(toChange)))
}

const toChange = (row: Selectable<ExperimentChangesTable>): ExperimentChange => ({
  ordinal: row.ordinal,
  changeId: row.change_id,
  changeHash: row.change_hash,
  readyAt: row.ready_at,
  provenAt: row.proven_at,
  closedAt: row.closed_at,
  verdict: row.verdict,
  leaveOneOut: row.leave_one_out === null ? null : JSON.parse(row.leave_one_out),
})

const toExperiment = (
  row: Selectable<ExperimentsTable>,
  changes: readonly ExperimentChange[],
): Experiment => ({
  id: row.id,
  storeId: row.store_id,
  name: row.name,
  state: row.state,
  unit: row.unit,
  salt: row.salt,
  plan: JSON.parse(row.settings),
  incumbentSnapshotId: row.incumbent_snapshot_id,
  stage: row.stage,
  verdict: row.verdict === null ? null : JSON.parse(row.verdict),
  changes,
  createdBy: { type: row.created_by_type, id: row.created_by_id },
  createdAt: row.created_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  holdback:
    row.promoted_content_hash === null || row.holdback_from === null || row.holdback_until === null
      ? null
      : {
          contentHash: row.promoted_content_hash,
          from: row.holdback_from,
          until: row.holdback_until,
          endedAt: row.holdback_ended_at,
        },
})

export function refuseState(
  { id, state }: Experiment,
  right: readonly Experiment['state'][],
  verb: string,
): void {
  if (right.includes(state)) return
  throw new DomainError(
    'conflict',
    `Experiment ${id} is ${state.replace('_', ' ')} and cannot be ${verb}.`,
  )
}

/** Units are given its arms, or were before somebody paused it. */
export const isTried = ({ state }: Pick<Experiment, 'state'>): boolean =>
  state === 'running' || state === 'paused'

/** Enough was shown for a person, or for nobody, to promote it; and it rests on no single principal's word. */
export const isReady = ({ plan }: Experiment, change: ExperimentChange): boolean =>
  isEnough(plan, change, 'ready')
export const isProven = ({ plan }: Experiment, change: ExperimentChange): boolean =>
  isEnough(plan, change, 'proven')

function isEnough(plan: ExperimentPlan, change: ExperimentChange, which: 'ready' | 'proven') {
  const at = which === 'ready' ? change.readyAt : change.provenAt
  if (at === null || change.verdict !== null) return false
  return !isCapped(plan) || change.leaveOneOut?.[which] === true
}

/** It is ready but for the question on whose word it rests. */
export function needsLeaveOneOut(
  experiment: Experiment,
  { readyAt, provenAt, verdict, leaveOneOut }: ExperimentChange,
): boolean {
  const { plan } = experiment
  if (!isTried(experiment)) return false
  if (readyAt === null || verdict !== null || !isCapped(plan)) return false
  return !leaveOneOut?.ready || (plan.unattended && provenAt !== null && !leaveOneOut.proven)
}

const isCapped = ({ goal }: ExperimentPlan) => (goal.definition?.cap ?? null) !== null
