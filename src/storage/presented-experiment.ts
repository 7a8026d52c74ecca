import { evidenceOf } from '../core/experiment/betting.ts'
import { meanOf } from '../core/experiment/centre.ts'
import type { Forecast } from '../core/experiment/forecast.ts'
import { sayLeaveOneOut } from '../core/experiment/leave-one-out.ts'
import { stages } from '../core/experiment/ramp.ts'
import { notWorseAt } from '../core/experiment/settings.ts'
import type { OverlayReport } from '../core/propose/overlays.ts'
import type { ExperimentDecision } from './experiment-decisions.ts'
import type {
  ArmTotals,
  ExperimentSummary,
  ExperimentView,
  SeasonEntry,
  TestView,
  Verified,
} from './experiment-view.ts'
import { type Experiment, isReady } from './experiments.ts'
import type { OverlayView } from './overlay-view.ts'

/** In the shape of the contract, for the API and for `--json`. */
export function presentSummary({
  experiment,
  sentence,
  assigned,
  committed,
  expectedAt,
}: ExperimentSummary) {
  const { changes, plan, holdback } = experiment
  return {
    type: 'experiment' as const,
    id: experiment.id,
    name: experiment.name,
    memory_store_id: experiment.storeId,
    state: experiment.state,
    change_ids: changes.map(({ changeId }) => changeId),
    goal: plan.goal.name,
    unit: experiment.unit,
    stage: experiment.stage,
    verdict: sentence,
    ready: changes.some((change) => isReady(experiment, change)),
    units_assigned: assigned,
    units_committed: committed,
    decision_expected_at: expectedAt,
    created_by: experiment.createdBy,
    created_at: experiment.createdAt,
    started_at: experiment.startedAt,
    ended_at: experiment.endedAt,
    holdback: holdback && {
      from_unit: holdback.from,
      until: holdback.until,
      ended_at: holdback.endedAt,
    },
  }
}

export function presentExperiment(view: ExperimentView) {
  const { experiment, forecast } = view
  return {
    ...presentSummary(view),
    plan: { ...experiment.plan },
    incumbent_snapshot_id: experiment.incumbentSnapshotId,
    arms: view.arms.map(({ arm, contentHash, overlayStoreId, assigned }) => ({
      arm,
      content_hash: contentHash,
      overlay_store_id: overlayStoreId,
      assigned,
    })),
    share: view.share,
    ramp: presentRamp(view),
    waits_until: view.waitsUntil,
    tests: view.tests.map((test) => presentTest(test, experiment)),
    overlay: view.overlay && presentOverlay(view.overlay),
    decisions: view.decisions.map(presentDecision),
    forecast: forecast && presentForecast(forecast),
  }
}

/** Sums over all rounds, and each round. */
function presentOverlay({ waiting, collections }: OverlayView) {
  const reports = collections.flatMap(({ report }) => report ?? [])
  const sum = (count: (report: OverlayReport) => number) =>
    reports.reduce((total, report) => total + count(report), 0)
  const countKind = (report: OverlayReport, kind: string) =>
    report.notes.filter((note) => note.kind === kind).length
  return {
    files: sum(({ files }) => files) + waiting,
    waiting,
    proposals: sum(({ proposals }) => proposals),
    known: sum(({ known }) => known),
    conflicts: sum((report) => countKind(report, 'conflict')),
    deletions: sum((report) => countKind(report, 'deletion')),
    held_back: sum((report) => countKind(report, 'held_back')),
    left_out: reports.at(-1)?.leftOut ?? 0,
    rounds: collections.map(({ dreamId, status, error, report, createdAt, endedAt }) => ({
      dream_id: dreamId,
      status,
      error,
      files: report?.files ?? null,
      proposals: report?.proposals ?? null,
      arms: (report?.arms ?? []).map(({ arm, storeId, sessions, files }) => ({
        arm,
        memory_store_id: storeId,
        sessions,
        files,
      })),
      notes: (report?.notes ?? []).map((note) => ({ ...note })),
      created_at: createdAt,
      ended_at: endedAt,
    })),
  }
}

/** The stages with what is known of when each was entered. */
function presentRamp({ experiment, decisions }: ExperimentView) {
  const { stage: current, startedAt } = experiment
  const entries = decisions.filter(({ kind }) => kind === 'ramped')
  return (experiment.plan.test.ramp ?? stages).map(({ pi, until, leastMs }, at) => {
    const entry = entries.find(({ detail }) => Number(detail.stage) >= at)
    const isReached = startedAt !== null && at <= current
    return {
      share: pi,
      until_candidates: until,
      least_seconds: leastMs / 1_000,
      state: !isReached
        ? ('ahead' as const)
        : at < current
          ? ('left' as const)
          : ('current' as const),
      entered_at: !isReached ? null : at === 0 ? startedAt : (entry?.createdAt ?? null),
      entered_at_unit: !isReached ? null : at === 0 ? 0 : (entry?.frontier ?? null),
    }
  })
}

const presentForecast = (given: { readonly forecast: Forecast; readonly unitsPerDay: number }) => ({
  units: given.forecast.units,
  days: given.forecast.days,
  units_per_day: given.unitsPerDay,
  most_units: given.forecast.mostUnits,
  hopeless: given.forecast.hopeless,
  advice: [...given.forecast.advice],
})

function presentTest(
  { change, phase, state, decision, arms, series }: TestView,
  experiment: Experiment,
) {
  const { verdict, leaveOneOut } = change
  const needed = experiment.plan.test.threshold
  const { stages, largest } = state.ratio
  const total = (field: 'n1' | 'n0') => stages.reduce((sum, one) => sum + one[field], 0)
  const all = total('n1') + total('n0')
  const expected = stages.reduce((sum, { pi, n1, n0 }) => sum + pi * (n1 + n0), 0)
  return {
    change_id: change.changeId,
    phase,
    verdict: phase === 'test' ? verdict : null,
    ready: phase === 'test' && isReady(experiment, change),
    reasons: [
      ...decision.reasons,
      ...(phase === 'test' && verdict === null && leaveOneOut
        ? sayLeaveOneOut(leaveOneOut, needed)
        : []),
    ],
    leave_one_out: leaveOneOut && {
      ready: leaveOneOut.ready,
      proven: leaveOneOut.proven,
      rests_on: leaveOneOut.restsOn,
      voices: leaveOneOut.voices,
      units: leaveOneOut.frontier,
    },
    units: state.frontier,
    evidence: {
      better: evidenceOf(state.better),
      worse: evidenceOf(state.worse),
      p: decision.evidence.p,
      needed,
    },
    interval: decision.interval,
    estimate: decision.estimate,
    arms: { candidate: presentArm(arms.candidate), incumbent: presentArm(arms.incumbent) },
    guardrails: decision.guardrails.map((one) => ({
      name: one.name,
      not_worse: one.notWorse,
      worse: one.worse,
      passed: one.passed,
      margin: one.margin,
      not_worse_needed: notWorseAt,
      harm_at: one.harmAt,
      candidate: one.candidate,
      incumbent: one.incumbent,
    })),
    segments: state.strata.map(({ name, s1, n1, s0, n0 }) => ({
      task_type: name,
      candidate: { units: n1, mean: meanOf(s1, n1) },
      incumbent: { units: n0, mean: meanOf(s0, n0) },
    })),
    sample_ratio: {
      evidence: toNumber(largest),
      candidate: total('n1'),
      incumbent: total('n0'),
      expected_share: meanOf(expected, all),
    },
    series: series.map(({ unit, better, worse, low, high, ratio }) => ({
      unit,
      better: toNumber(better),
      worse: toNumber(worse),
      low,
      high,
      ratio: toNumber(ratio),
    })),
  }
}

/** e^700 is as much as a number can say. */
const toNumber = (logE: number) => Math.exp(Math.min(logE, 700))

function presentArm(totals: ArmTotals) {
  const { assigned, committed, missing, late, delivered, counted } = totals
  return {
    assigned,
    committed,
    missing,
    late,
    coverage: meanOf(committed - missing, committed),
    mean: meanOf(totals.sum, committed),
    delivered,
    confirmed: totals.confirmed,
    tokens: meanOf(totals.tokens, counted),
    seconds: meanOf(totals.seconds, counted),
  }
}

const presentDecision = ({ kind, frontier, detail, actor, createdAt }: ExperimentDecision) => ({
  kind,
  frontier,
  detail: { ...detail },
  actor,
  created_at: createdAt,
})

export const presentVerified = (experimentId: string, { units, tests }: Verified) => ({
  type: 'experiment_verification' as const,
  experiment_id: experimentId,
  equal: tests.every(({ difference }) => difference === null),
  units,
  tests: tests.map(({ test, difference }) => ({ test, equal: difference === null, difference })),
})

export const presentSeasonEntry = (one: SeasonEntry) => ({
  experiment_id: one.experimentId,
  change_id: one.changeId,
  evidence: one.evidence,
  promoted: one.promoted,
  standing: one.standing,
})
