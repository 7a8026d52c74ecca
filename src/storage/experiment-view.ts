import { decide } from '../core/experiment/decision.ts'
import { unitOfChange } from '../core/experiment/factorial.ts'
import { type Forecast, forecast } from '../core/experiment/forecast.ts'
import { holdbackOf } from '../core/experiment/plan.ts'
import { nextStage } from '../core/experiment/ramp.ts'
import { reviewSeason, type Season } from '../core/experiment/season.ts'
import { type SeriesPoint, thinSeries } from '../core/experiment/series.ts'
import { commitUnit, type TestState } from '../core/experiment/state.ts'
import type { ExperimentId } from '../core/ids.ts'
import { type BoundArm, listBoundArms } from './bound-arms.ts'
import type { Reader } from './database.ts'
import { sentenceOf } from './end-experiment.ts'
import {
  countUnitsOf,
  type ExperimentCommit,
  type ExperimentUnit,
  frontierOf,
  listExperimentCommits,
  listExperimentTests,
  listExperimentUnits,
  listTestsOf,
  type StoredTest,
} from './experiment-commits.ts'
import { type ExperimentDecision, listDecisions } from './experiment-decisions.ts'
import { countUnitsPerDay } from './experiment-limits.ts'
import { type Experiment, type ExperimentChange, isTried, listExperiments } from './experiments.ts'
import { type OverlayView, viewOverlay } from './overlay-view.ts'
import { foresee, openFor } from './start-experiment.ts'
import { countUse } from './unit-parts.ts'

/** As it stands in lists. */
export interface ExperimentSummary {
  readonly experiment: Experiment
  readonly sentence: string
  readonly assigned: number
  readonly committed: number
  readonly expectedAt: string | null
}

const day = 86_400_000

/** In the order given, in a number of statements that does not depend on how many there are. */
export async function summarizeAll(
  reader: Reader,
  experiments: readonly Experiment[],
  nowMs: number,
): Promise<ExperimentSummary[]> {
  const ids = experiments.map(({ id }) => id)
  const testsOf = await listTestsOf(reader, ids)
  const counts = await countUnitsOf(reader, ids)
  return experiments.map((experiment) => {
    const { id, state, plan, verdict } = experiment
    const tests = testsOf.get(id) ?? []
    const committed = frontierOf(tests)
    const isGoing = state === 'running' && plan.unitsPerDay !== null && plan.unitsPerDay > 0
    const left = Math.max(0, plan.test.mostUnits - committed)
    return {
      experiment,
      sentence: verdict?.sentence ?? sentenceOf(experiment, tests, { state, reasons: [] }),
      assigned: counts.get(id) ?? 0,
      committed,
      // The latest: by then no units are left. Most are decided earlier.
      expectedAt: isGoing
        ? new Date(Math.min(8.64e15, nowMs + (left / (plan.unitsPerDay ?? 1)) * day)).toISOString()
        : null,
    }
  })
}

/** Totals of one arm of one change. */
export interface ArmTotals {
  assigned: number
  committed: number
  missing: number
  late: number
  sum: number
  delivered: number
  confirmed: number
  tokens: number
  seconds: number
  counted: number
}

export interface TestView {
  readonly change: ExperimentChange
  readonly phase: 'test' | 'holdback'
  readonly state: TestState
  readonly decision: ReturnType<typeof decide>
  readonly arms: { readonly candidate: ArmTotals; readonly incumbent: ArmTotals }
  readonly series: readonly SeriesPoint[]
}

export interface ExperimentView extends ExperimentSummary {
  readonly arms: readonly (BoundArm & { readonly assigned: number })[]
  readonly share: number
  readonly waitsUntil: string | null
  readonly tests: readonly TestView[]
  /** What agents wrote for themselves; null where no session mounted a store of an arm. */
  readonly overlay: OverlayView | null
  readonly decisions: readonly ExperimentDecision[]
  readonly forecast: { readonly forecast: Forecast; readonly unitsPerDay: number } | null
}

/** Of a draft and of what runs there are some thousands of units at most; a season's worth is read in one go. */
const everything = 1_000_000
const mostPoints = 300

/** Everything that a page of results needs. */
export async function viewExperiment(
  reader: Reader,
  experiment: Experiment,
  nowMs: number,
): Promise<ExperimentView> {
  const { id } = experiment
  const [summary] = (await summarizeAll(reader, [experiment], nowMs)) as [ExperimentSummary]
  const range = { from: 0, limit: everything }
  const units = await listExperimentUnits(reader, id, range)
  const commits = await listExperimentCommits(reader, id, range)
  const delivered = await listDelivered(reader, id)
  const stored = await listExperimentTests(reader, id)
  const arms = await listBoundArms(reader, id)
  const tests = stored.flatMap((one): TestView[] => {
    const [phase, ordinal] = splitName(one)
    const change = experiment.changes[ordinal]
    if (!change) return []
    const bounds = boundsOf(experiment, { phase, change })
    const inside = <T extends { readonly ordinal: number }>(all: readonly T[]) =>
      all.filter((row) => row.ordinal >= bounds.from && row.ordinal < bounds.to)
    return [
      {
        change,
        phase,
        state: one.state,
        decision: decide(experiment.plan.test, one.state),
        arms: total(ordinal, { units: inside(units), commits: inside(commits), delivered }),
        series: thinSeries(readSeries(inside(commits), ordinal), mostPoints),
      },
    ]
  })
  return {
    ...summary,
    arms: arms.map((one) => ({
      ...one,
      assigned: units.filter(({ arm }) => arm === one.arm).length,
    })),
    share: shareOf(experiment),
    waitsUntil: units[summary.committed]?.deadlineAt ?? null,
    tests,
    overlay: await viewOverlay(reader, id),
    decisions: await listDecisions(reader, id),
    forecast: await foreseeOpen(reader, experiment, nowMs),
  }
}

/** Of a draft as it would be when it starts; of what runs by what was fixed then, at the volume of today. */
async function foreseeOpen(reader: Reader, experiment: Experiment, nowMs: number) {
  const { state, plan, storeId } = experiment
  if (state === 'draft') return foresee(reader, experiment, nowMs)
  if (!isTried(experiment)) return null
  const unitsPerDay = await countUnitsPerDay(reader, storeId, nowMs)
  const volume = {
    unitsPerDay,
    baseRate: plan.test.priorRate,
    spread: plan.test.graded ? 0.25 : null,
  }
  return { forecast: forecast(plan.test, volume), unitsPerDay }
}

function splitName({ test }: StoredTest): ['test' | 'holdback', number] {
  const [kind, ordinal] = test.split(':')
  return [kind === 'holdback' ? 'holdback' : 'test', Number(ordinal)]
}

/** Which units a test counts: from the first to before the last. */
function boundsOf(
  { holdback }: Experiment,
  { phase, change }: { readonly phase: string; readonly change: ExperimentChange },
): { from: number; to: number } {
  if (phase === 'holdback') return { from: holdback?.from ?? 0, to: Number.POSITIVE_INFINITY }
  return { from: 0, to: change.closedAt ?? holdback?.from ?? Number.POSITIVE_INFINITY }
}

/** The chance of a change for the next unit. */
function shareOf({ state, holdback, stage, plan }: Experiment): number {
  if (state === 'promoted') return holdback?.endedAt === null ? holdbackOf(plan).pi : 1
  return state === 'running' ? nextStage({ stage }, plan.test.ramp).pi : 0
}

type Delivered = ReturnType<typeof countUse> & { readonly isConfirmed: boolean }

/** By unit, what was delivered to it and what its sessions used. */
async function listDelivered(
  reader: Reader,
  id: ExperimentId,
): Promise<ReadonlyMap<number, Delivered>> {
  const rows = await reader.read
    .selectFrom('exposures')
    .leftJoin('sessions', 'sessions.id', 'exposures.session_id')
    .select(['exposures.unit_ordinal as ordinal', 'exposures.confirmed_at as at', 'sessions.tally'])
    .where('exposures.experiment_id', '=', id)
    .where('exposures.delivered_at', 'is not', null)
    .orderBy('exposures.assigned_at')
    .orderBy('exposures.id')
    .execute()
  const found = new Map<number, Delivered>()
  for (const { ordinal, tally, at } of rows) {
    if (ordinal === null) continue
    const isConfirmed = at !== null || found.get(ordinal)?.isConfirmed === true
    found.set(ordinal, { ...countUse(tally), isConfirmed })
  }
  return found
}

interface Counted {
  readonly units: readonly ExperimentUnit[]
  readonly commits: readonly ExperimentCommit[]
  readonly delivered: ReadonlyMap<number, Delivered>
}

function total(change: number, { units, commits, delivered }: Counted): TestView['arms'] {
  const none = (): ArmTotals => ({
    assigned: 0,
    committed: 0,
    missing: 0,
    late: 0,
    sum: 0,
    delivered: 0,
    confirmed: 0,
    tokens: 0,
    seconds: 0,
    counted: 0,
  })
  const arms = { candidate: none(), incumbent: none() }
  const byOrdinal = new Map(commits.map((one) => [one.ordinal, one]))
  for (const { ordinal, arm } of units) {
    const totals = arm[change] === '1' ? arms.candidate : arms.incumbent
    totals.assigned += 1
    const commit = byOrdinal.get(ordinal)
    if (commit) {
      totals.committed += 1
      totals.sum += commit.value
      if (commit.missing) totals.missing += 1
      if (commit.late) totals.late += 1
    }
    const reading = delivered.get(ordinal)
    if (!reading) continue
    totals.delivered += 1
    if (reading.isConfirmed) totals.confirmed += 1
    if (reading.tokens === null || reading.seconds === null) continue
    totals.counted += 1
    totals.tokens += reading.tokens
    totals.seconds += reading.seconds
  }
  return arms
}

function readSeries(commits: readonly ExperimentCommit[], change: number): SeriesPoint[] {
  return commits.flatMap(({ ordinal, readings }) => {
    const reading = readings[change]
    return reading ? [{ unit: ordinal + 1, ...reading }] : []
  })
}

export interface Verified {
  readonly units: number
  readonly tests: readonly { readonly test: string; readonly difference: string | null }[]
}

/** Folds the committed units again and compares with what is stored, bit for bit. */
export async function verifyExperiment(reader: Reader, experiment: Experiment): Promise<Verified> {
  const { id, plan } = experiment
  const commits = await listExperimentCommits(reader, id, { from: 0, limit: everything })
  const tests: Verified['tests'][number][] = []
  for (const stored of await listExperimentTests(reader, id)) {
    const [phase, ordinal] = splitName(stored)
    const change = experiment.changes[ordinal]
    if (!change) continue
    const { from, to } = boundsOf(experiment, { phase, change })
    let state = await openFor(
      reader,
      phase === 'test' ? plan : { test: plan.test, follows: null },
      ordinal,
    )
    for (const one of commits) {
      if (one.ordinal < from || one.ordinal >= to) continue
      const { stratum, pi, stage, principal, arm } = one.unit
      const { value, missing, scores, hardStop } = one
      const unit = { stratum, pi, stage, principal, arm, value, missing, scores, hardStop }
      state = commitUnit(plan.test, state, unitOfChange(unit, ordinal))
    }
    const again: TestState = JSON.parse(JSON.stringify(state))
    tests.push({ test: stored.test, difference: findDifference(again, stored.state) })
  }
  return { units: commits.length, tests }
}

function findDifference(again: TestState, stored: TestState): string | null {
  if (JSON.stringify(again) === JSON.stringify(stored)) return null
  const fields = Object.keys(again) as (keyof TestState)[]
  const field = fields.find((name) => JSON.stringify(again[name]) !== JSON.stringify(stored[name]))
  if (field === undefined) return 'it has fields that a test has not'
  const show = (state: TestState) => JSON.stringify(state[field])?.slice(0, 200)
  return `${field}: the units give ${show(again)}, stored is ${show(stored)}`
}

export interface SeasonEntry {
  readonly experimentId: string
  readonly changeId: string
  readonly evidence: number
  readonly promoted: boolean
  readonly standing: 'proven' | 'provisional' | 'open'
}

/** All tests that began since a time, held to one rate of false ones together. */
export async function viewSeason(
  reader: Reader,
  { since, rate }: { readonly since: string; readonly rate: number },
): Promise<SeasonEntry[]> {
  const all = await listExperiments(reader, { startedFrom: since, limit: everything })
  const valid = all.filter(({ state }) => state !== 'void')
  const testsOf = await listTestsOf(
    reader,
    valid.map(({ id }) => id),
  )
  const entries: Omit<SeasonEntry, 'standing'>[] = []
  for (const experiment of valid) {
    const tests = testsOf.get(experiment.id) ?? []
    for (const { ordinal, changeId, verdict } of experiment.changes) {
      const test = tests.find((one) => one.test === `change:${ordinal}`)
      if (!test) continue
      const { evidence } = decide(experiment.plan.test, test.state)
      const promoted = verdict === 'promote' && experiment.state === 'promoted'
      entries.push({
        experimentId: experiment.id,
        changeId,
        evidence: evidence.better,
        promoted,
      })
    }
  }
  const review: Season = reviewSeason(
    entries.map(({ evidence, promoted }, at) => ({ id: String(at), e: evidence, promoted })),
    rate,
  )
  return entries.map((entry, at) => ({
    ...entry,
    standing: review.proven.includes(String(at))
      ? 'proven'
      : review.provisional.includes(String(at))
        ? 'provisional'
        : 'open',
  }))
}
