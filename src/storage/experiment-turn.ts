import { toTimestamp } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import { type DriftState, hasDrifted, watchUnit } from '../core/experiment/drift.ts'
import { beginTest, type Folded, isOver, type OpenTest } from '../core/experiment/fold.ts'
import type { Grading } from '../core/experiment/graders.ts'
import { type HoldbackDecision, judgeHoldback, type Watched } from '../core/experiment/holdback.ts'
import { holdbackOf } from '../core/experiment/plan.ts'
import { stageByClock, stages as standardRamp } from '../core/experiment/ramp.ts'
import type { ExperimentId } from '../core/ids.ts'
import { hashesOf } from './approvals.ts'
import { getChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { endExperiment, endHoldback } from './end-experiment.ts'
import {
  type ExperimentCommit,
  type ExperimentUnit,
  findDriftState,
  frontierOf,
  insertExperimentCommits,
  listExperimentTests,
  putDriftState,
  putExperimentTest,
  setLateValue,
} from './experiment-commits.ts'
import { appendDecision, listDecisions } from './experiment-decisions.ts'
import { findGoal } from './experiment-goal.ts'
import {
  type Experiment,
  getExperiment,
  updateExperiment,
  updateExperimentChange,
} from './experiments.ts'
import { findMemoryStore } from './memory-stores.ts'
import { rollExperimentBack } from './promote-experiment.ts'
import { emitWebhookEvent, type Outbox } from './webhook-deliveries.ts'

type Phase = 'test' | 'holdback'
const phaseOf = ({ state }: Pick<Experiment, 'state'>): Phase =>
  state === 'promoted' ? 'holdback' : 'test'

/** Where an experiment stands: what its next units are counted into. */
export interface Standings {
  readonly experiment: Experiment
  readonly phase: Phase
  readonly frontier: number
  readonly tests: readonly OpenTest[]
  /** Null while it is tested. */
  readonly drift: DriftState | null
}

export async function readStandings(reader: Reader, id: ExperimentId): Promise<Standings> {
  const experiment = await getExperiment(reader, id)
  const phase = phaseOf(experiment)
  const prefix = phase === 'test' ? 'change:' : 'holdback:'
  const stored = (await listExperimentTests(reader, id)).filter(({ test }) =>
    test.startsWith(prefix),
  )
  return {
    experiment,
    phase,
    frontier: frontierOf(stored),
    drift: phase === 'test' ? null : await findDriftState(reader, id),
    tests: stored.map(({ test, state }) => {
      const change = Number(test.slice(prefix.length))
      const row = experiment.changes[change]
      const open = beginTest(change, state)
      if (phase === 'holdback' || !row) return open
      const { readyAt, provenAt, closedAt, verdict } = row
      return { ...open, readyAt, provenAt, closedAt, verdict }
    }),
  }
}

/** Why nothing of it can be trusted any more, whatever its units say. */
export async function findDisturbance(
  reader: Reader & Pick<Writer, 'hash'>,
  { id, storeId, plan, changes }: Experiment,
): Promise<string | null> {
  const store = await findMemoryStore(reader, storeId)
  if (store === null || store.archivedAt !== null) return 'the memory store was archived or deleted'
  for (const { changeId, changeHash, verdict } of changes) {
    if (verdict !== null) continue
    const change = await getChange(reader, changeId)
    if (change.status !== 'accepted') {
      return `change ${changeId} is ${change.status.replace('_', ' ')}, not accepted`
    }
    if (hashesOf(change, reader).changeHash !== changeHash) return `change ${changeId} was altered`
  }
  const goal = await findGoal(reader, plan.goal.name)
  if (JSON.stringify(goal?.definition ?? null) !== JSON.stringify(plan.goal.definition)) {
    return `environment changed: the outcome definition "${plan.goal.name}" is another one now`
  }
  const agent = await findOtherModel(reader, id)
  return agent === null ? null : `environment changed: agent "${agent}" runs on another model now`
}

async function findOtherModel(reader: Reader, id: ExperimentId): Promise<string | null> {
  const row = await reader.read
    .selectFrom('exposures')
    .innerJoin('sessions', 'sessions.id', 'exposures.session_id')
    .select('sessions.agent_name as name')
    .where('exposures.experiment_id', '=', id)
    .where('exposures.session_id', 'is not', null)
    .where('sessions.agent_model', 'is not', null)
    .groupBy('sessions.agent_name')
    .having((having) => having.fn.count('sessions.agent_model').distinct(), '>', 1)
    .orderBy('sessions.agent_name')
    .limit(1)
    .executeTakeFirst()
  return row?.name ?? null
}

/** What is written must have been thought out where the experiment stands still. */
export async function refuseOvertaken(
  reader: Reader,
  { experiment, frontier }: Standings,
): Promise<void> {
  const now = await readStandings(reader, experiment.id)
  const isSame = now.frontier === frontier && now.experiment.state === experiment.state
  if (!isSame) throw turnTaken(experiment.id)
}

/** What a turn came to, thought out with no transaction open. */
export interface Turned {
  readonly before: Standings
  readonly units: readonly ExperimentUnit[]
  readonly commits: readonly Omit<ExperimentCommit, 'readings'>[]
  readonly folded: Folded
  readonly late: readonly {
    readonly ordinal: number
    readonly value: number
    readonly at: string
  }[]
  /** Versions of graders that decided one of these commits, the first of their source and kind. */
  readonly graders: readonly Grading[]
}

/**
 * One write: commits, states, the log of decisions and what follows from them. Refuses when somebody else took the turn
 * meanwhile, so that no unit is ever counted twice.
 */
export async function storeTurn(writer: Writer, outbox: Outbox, turned: Turned): Promise<void> {
  const { before, commits, folded } = turned
  const { experiment, frontier, phase } = before
  const { id } = experiment
  await refuseOvertaken(writer, before)
  let late = 0
  for (const one of turned.late) late += (await setLateValue(writer, id, one)) ? 1 : 0
  const isOver = judgeWatched(before, folded.tests, Date.parse(writer.at)) !== null
  // Somebody else kept the late ones, and nothing else was there to do.
  if (commits.length === 0 && late === 0 && !isOver) throw turnTaken(id)
  const next = frontier + commits.length
  await insertExperimentCommits(
    writer,
    id,
    commits.map((one, at) => ({ ...one, readings: folded.readings[at] ?? [] })),
  )
  for (const { change, state } of folded.tests) {
    const test = phase === 'test' ? (`change:${change}` as const) : (`holdback:${change}` as const)
    await putExperimentTest(writer, id, { test, frontier: next, state })
  }
  await writer.audit({
    action: 'experiment.committed',
    objectType: 'experiment',
    objectId: id,
    afterHash: writer.hash(JSON.stringify([next, folded.tests.map(({ state }) => state)])),
  })
  if (phase === 'test') await actOnTests(writer, outbox, turned)
  else await actOnHoldback(writer, outbox, turned)
}

async function actOnTests(writer: Writer, outbox: Outbox, turned: Turned): Promise<void> {
  const { before, folded } = turned
  const { experiment } = before
  const { id } = experiment
  for (const test of folded.tests) {
    const { readyAt, provenAt, closedAt, verdict } = test
    await updateExperimentChange(writer, id, {
      ordinal: test.change,
      readyAt,
      provenAt,
      closedAt,
      verdict,
    })
  }
  if (turned.graders.length > 0) {
    await appendDecision(writer, id, {
      kind: 'graders_frozen',
      frontier: before.frontier + turned.commits.length,
      detail: { graders: turned.graders.map((one) => ({ ...one })) },
    })
  }
  await logTurns(writer, turned)
  if (isOver(folded.tests)) {
    const state = endOf(folded.tests)
    const telling = folded.turns.filter(({ verdict }) => verdict !== 'promote')
    const reasons = [...new Set(telling.flatMap((turn) => turn.reasons))]
    await endExperiment(writer, await getExperiment(writer, id), { state, reasons, outbox })
    return
  }
  if (folded.turns.length > 0) {
    await emitWebhookEvent(writer, outbox, { type: 'experiment.decided', objectId: id })
  }
  const stages = folded.tests.flatMap(({ verdict, state }) =>
    verdict === null ? [state.stage] : [],
  )
  const stage = stageByClock(experiment.plan.test.ramp ?? standardRamp, {
    stage: experiment.stage,
    wanted: Math.min(...stages),
    sinceMs: Date.parse(writer.at) - (await findRampedAt(writer, experiment)),
  })
  if (stage <= experiment.stage) return
  await updateExperiment(writer, experiment, { stage })
  await appendDecision(writer, id, {
    kind: 'ramped',
    frontier: before.frontier + turned.commits.length,
    detail: { stage },
  })
  await emitWebhookEvent(writer, outbox, { type: 'experiment.ramped', objectId: id })
}

/** Since when the stage goes on. */
async function findRampedAt(reader: Reader, { id, startedAt }: Experiment): Promise<number> {
  const ramped = (await listDecisions(reader, id)).findLast(({ kind }) => kind === 'ramped')
  return Date.parse(ramped?.createdAt ?? startedAt ?? '')
}

async function logTurns(writer: Writer, { before, folded }: Turned) {
  const { id, changes } = before.experiment
  const kinds = { promote: 'ready', proven: 'proven' } as const
  for (const { unit, change, verdict, reasons } of folded.turns) {
    await appendDecision(writer, id, {
      kind: verdict === 'promote' || verdict === 'proven' ? kinds[verdict] : 'decided',
      frontier: unit + 1,
      detail: { change: changes[change]?.changeId ?? null, verdict, reasons: [...reasons] },
    })
  }
}

function endOf(tests: readonly OpenTest[]): 'void' | 'rolled_back' | 'inconclusive' {
  if (tests.some(({ verdict }) => verdict === 'void')) return 'void'
  return tests.some(({ verdict }) => verdict === 'rollback') ? 'rolled_back' : 'inconclusive'
}

async function actOnHoldback(writer: Writer, outbox: Outbox, turned: Turned): Promise<void> {
  const { before, folded } = turned
  const { experiment } = before
  const { alarm, ...watched } = await watchDrift(writer, turned)
  const end = judgeTests(experiment, folded.tests, watched)
  if (end?.verdict === 'rollback') {
    await rollExperimentBack(writer, experiment, { reasons: end.reasons, outbox })
  } else if (alarm !== null && end?.verdict !== 'void') {
    await reopenHoldback(writer, experiment, alarm)
    await emitWebhookEvent(writer, outbox, { type: 'experiment.decided', objectId: experiment.id })
  } else if (end !== null) await endHoldback(writer, experiment, end.reasons)
}

type HoldbackEnd = Pick<HoldbackDecision, 'verdict' | 'reasons'>

/** How a holdback ends now; null: it is watched on, or there is none. Time alone ends it, too. */
export function judgeWatched(
  { experiment, phase, frontier, drift }: Standings,
  tests: readonly OpenTest[],
  now: number,
): HoldbackEnd | null {
  if (phase === 'test' || tests.length === 0) return null
  return judgeTests(experiment, tests, watchedOf(experiment, { frontier, drift, now }))
}

function judgeTests(
  { plan }: Experiment,
  tests: readonly OpenTest[],
  watched: Watched,
): HoldbackEnd | null {
  const judged = tests.map(({ state }) => judgeHoldback(plan.test, state, watched))
  const bad =
    judged.find(({ verdict }) => verdict === 'rollback') ??
    judged.find(({ verdict }) => verdict === 'void')
  if (bad) return bad
  const isKept = judged.length > 0 && judged.every(({ verdict }) => verdict === 'kept')
  return isKept ? { verdict: 'kept', reasons: ['nothing got worse'] } : null
}

function watchedOf(
  { holdback }: Experiment,
  at: { readonly frontier: number; readonly drift: DriftState | null; readonly now: number },
): Watched {
  const until = holdback === null ? at.now : Date.parse(holdback.until)
  return {
    units: Math.max(0, at.frontier - (at.drift?.alarm ?? holdback?.from ?? 0)),
    daysLeft: (until - at.now) / 86_400_000,
  }
}

interface Watch extends Watched {
  /** It came now. */
  readonly alarm: { readonly frontier: number; readonly state: DriftState } | null
}

/** Counts the units that read what was promoted. */
async function watchDrift(writer: Writer, { before, commits, units }: Turned): Promise<Watch> {
  const { id } = before.experiment
  const frontier = before.frontier + commits.length
  const stored = await findDriftState(writer, id)
  let state = stored
  for (const [at, { value }] of commits.entries()) {
    if (state && units[at]?.arm.includes('1')) state = watchUnit(state, value)
  }
  const isNew = stored !== null && state !== null && !hasDrifted(stored) && hasDrifted(state)
  if (state && isNew) state = { ...state, alarm: frontier }
  if (state && commits.length > 0) await putDriftState(writer, id, { frontier, state })
  const now = Date.parse(writer.at)
  return {
    ...watchedOf(before.experiment, { frontier, drift: state, now }),
    alarm: state && isNew ? { frontier, state } : null,
  }
}

/**
 * An alarm does not say why the rate fell, so it takes nothing back: once, it begins the holdback anew, whose coins tell
 * whether it is the change.
 */
async function reopenHoldback(
  writer: Writer,
  experiment: Experiment,
  { frontier, state: { reference, units } }: NonNullable<Watch['alarm']>,
): Promise<void> {
  const until = toTimestamp(Date.parse(writer.at) + holdbackOf(experiment.plan).leastMs)
  await updateExperiment(writer, experiment, { holdbackUntil: until })
  await appendDecision(writer, experiment.id, {
    kind: 'drifted',
    frontier,
    detail: {
      reference,
      units,
      until,
      reasons: [
        'the rate fell below what it was; nobody knows why: the holdback begins anew, and takes the change back if it is the change',
      ],
    },
  })
}

const taken = 'turn_taken'
const turnTaken = (id: ExperimentId) =>
  new DomainError('conflict', `Somebody else took the turn of experiment ${id}.`, {
    details: { error_code: taken },
  })
export const isTurnTaken = (error: unknown): boolean =>
  error instanceof DomainError && error.details.error_code === taken
