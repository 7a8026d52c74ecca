import { DomainError } from '../core/errors.ts'
import { mostChanges } from '../core/experiment/arms.ts'
import { type Forecast, forecast } from '../core/experiment/forecast.ts'
import type { ExperimentPlan } from '../core/experiment/plan.ts'
import type { TestSettings } from '../core/experiment/settings.ts'
import { openTest, type TestState } from '../core/experiment/state.ts'
import type { ChangeId, ExperimentId, MemoryStoreId } from '../core/ids.ts'
import { meetRollouts, type RolloutTerms } from '../core/policy/rollout-terms.ts'
import { hashesOf } from './approvals.ts'
import { makeArms } from './bound-arms.ts'
import { getChange, type StoredChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { getDream } from './dreams.ts'
import { putExperimentTest } from './experiment-commits.ts'
import { appendDecision } from './experiment-decisions.ts'
import { findGoal, type GoalHistory, readGoalHistory } from './experiment-goal.ts'
import {
  countUnitsPerDay,
  listFollowed,
  mayGoUnattended,
  refuseTooManyExperiments,
} from './experiment-limits.ts'
import {
  type Experiment,
  getExperiment,
  insertExperiment,
  listExperimentsOf,
  type NewExperiment,
  refuseState,
  updateExperiment,
} from './experiments.ts'
import { findFormerState, refuseUnrelated } from './followed-experiment.ts'
import { judgeTrials, recordTrials, refuseStart } from './judged-trials.ts'
import { getMemoryStore, getOpenMemoryStore } from './memory-stores.ts'
import { emitWebhookEvent, type Outbox } from './webhook-deliveries.ts'

type Order = Omit<NewExperiment, 'changes' | 'storeId'> & {
  readonly changeIds: readonly ChangeId[]
}

/** A draft of accepted changes that all stand on one store. */
export async function createExperiment(writer: Writer, order: Order): Promise<Experiment> {
  const { changeIds, ...given } = order
  if (changeIds.length > mostChanges || new Set(changeIds).size < changeIds.length) {
    throw new DomainError(
      'invalid_argument',
      `change_ids: at most ${mostChanges}, each once; every change doubles the versions that are read.`,
    )
  }
  const changes: StoredChange[] = []
  const stores = new Set<MemoryStoreId>()
  for (const changeId of changeIds) {
    const change = await getChange(writer, changeId)
    changes.push(change)
    stores.add((await getDream(writer, change.dreamId)).inputStoreId)
    refuseUnaccepted(change)
  }
  const [storeId, ...others] = stores
  if (storeId === undefined || others.length > 0) {
    throw new DomainError(
      'invalid_argument',
      'change_ids: give changes of one memory store; an experiment is about one.',
    )
  }
  await getOpenMemoryStore(writer, storeId)
  await refuseTried(writer, changeIds)
  if ((await findGoal(writer, given.plan.goal.name)) === null) throw noGoal(given.plan.goal.name)
  const made = await insertExperiment(writer, {
    ...given,
    storeId,
    changes: changes.map((change) => ({
      changeId: change.id,
      changeHash: hashesOf(change, writer).changeHash,
    })),
  })
  if (given.plan.follows !== null) await refuseUnrelated(writer, given.plan.follows, made)
  await appendDecision(writer, made.id, {
    kind: 'created',
    frontier: 0,
    detail: { changes: [...changeIds], goal: given.plan.goal.name },
  })
  return made
}

export interface Outlook {
  readonly forecast: Forecast
  readonly unitsPerDay: number
  readonly history: GoalHistory
  /** What the policies set. */
  readonly terms: RolloutTerms
  /** As they would be when it starts. */
  readonly settings: TestSettings
}

/** What is to be expected of a draft at today's volume. */
export async function foresee(
  reader: Reader,
  { plan, storeId }: Pick<Experiment, 'plan' | 'storeId'>,
  nowMs: number,
): Promise<Outlook> {
  const goal = await findGoal(reader, plan.goal.name)
  if (goal === null) throw noGoal(plan.goal.name)
  const history = await readGoalHistory(reader, goal.definition)
  const unitsPerDay = await countUnitsPerDay(reader, storeId, nowMs)
  const { name } = await getMemoryStore(reader, storeId)
  const followed = await listFollowed(reader, name)
  const terms = meetRollouts(followed.map(({ spec }) => spec.rollout))
  const settings: TestSettings = {
    ...plan.test,
    threshold: terms.threshold,
    ramp: terms.ramp,
    leastCoverage: terms.leastCoverage,
    priorRate: plan.priorRate ?? history.rate ?? plan.test.priorRate,
    priorRates: { ...history.rates, ...plan.test.priorRates },
  }
  const expected = forecast(settings, {
    unitsPerDay,
    baseRate: settings.priorRate,
    spread: plan.test.graded ? (history.spread ?? 0.25) : null,
  })
  const asked = plan.mostUnits ?? expected.mostUnits
  const mostUnits = Math.min(asked, terms.mostUnits ?? asked)
  return { forecast: expected, unitsPerDay, history, terms, settings: { ...settings, mostUnits } }
}

interface Start {
  readonly id: ExperimentId
  readonly outbox: Outbox
  /** Why it is started though it is forecast to take too long. */
  readonly anyway: string | null
}

/**
 * Pins the store, binds every arm to its content, freezes the goal, and opens a test a change. Refuses what is
 * forecast to be hopeless unless a reason is given, which is kept.
 */
export async function startExperiment(
  writer: Writer,
  { id, outbox, anyway }: Start,
): Promise<Experiment> {
  const draft = await getExperiment(writer, id)
  refuseState(draft, ['draft'], 'started')
  const changes: StoredChange[] = []
  for (const one of draft.changes) {
    const change = await getChange(writer, one.changeId)
    refuseUnaccepted(change)
    if (hashesOf(change, writer).changeHash !== one.changeHash) throw altered(change)
    changes.push(change)
  }
  await getOpenMemoryStore(writer, draft.storeId)
  await refuseTooManyExperiments(writer, draft.storeId)
  if (draft.plan.follows !== null) await refuseUnrelated(writer, draft.plan.follows, draft)
  const outlook = await foresee(writer, draft, outbox.now)
  if (outlook.forecast.hopeless && anyway === null) throw hopeless(outlook)
  const plan: ExperimentPlan = {
    ...draft.plan,
    goal: {
      name: draft.plan.goal.name,
      definition: (await findGoal(writer, draft.plan.goal.name))?.definition ?? null,
    },
    test: outlook.settings,
    unattended: await mayGoUnattended(writer, draft.storeId, changes),
    unitsPerDay: outlook.unitsPerDay,
    mostMs: outlook.terms.mostMs,
    holdback: outlook.terms.holdback,
    anyway: outlook.forecast.hopeless ? anyway : null,
  }
  const snapshotId = outbox.newId('msnap')
  await makeArms(writer, draft, { changes, snapshotId })
  const trials = await judgeTrials(writer, draft)
  refuseStart(draft, trials)
  await recordTrials(writer, trials)
  for (const { ordinal } of draft.changes) {
    const state = await openFor(writer, plan, ordinal)
    await putExperimentTest(writer, id, { test: `change:${ordinal}`, frontier: 0, state })
  }
  await updateExperiment(writer, draft, {
    state: 'running',
    plan,
    incumbentSnapshotId: snapshotId,
    startedAt: writer.at,
  })
  const { units, days, hopeless: wasHopeless } = outlook.forecast
  await appendDecision(writer, id, {
    kind: 'started',
    frontier: 0,
    detail: {
      forecast: { units, days, hopeless: wasHopeless },
      units_per_day: outlook.unitsPerDay,
      anyway: plan.anyway,
      unattended: plan.unattended,
      ...(plan.follows === null ? {} : { follows: plan.follows }),
    },
  })
  await emitWebhookEvent(writer, outbox, { type: 'experiment.started', objectId: id })
  return getExperiment(writer, id)
}

/** With the evidence of the experiment that it follows, whose state does not change any more (spec C.15). */
export async function openFor(
  reader: Reader,
  { test, follows }: Pick<ExperimentPlan, 'test' | 'follows'>,
  ordinal: number,
): Promise<TestState> {
  const former = follows && (await findFormerState(reader, { test, follows }, ordinal))
  return former || openTest(test)
}

async function refuseTried(reader: Reader, changeIds: readonly ChangeId[]): Promise<void> {
  const [other] = await listExperimentsOf(reader, changeIds)
  if (!other) return
  throw new DomainError(
    'conflict',
    `Experiment ${other.id} (${other.state}) tries one of these changes already.`,
  )
}

function refuseUnaccepted({ id, status }: StoredChange): void {
  if (status === 'accepted') return
  throw new DomainError(
    'conflict',
    `Change ${id} is ${status.replace('_', ' ')}: only accepted changes are tried. Accept it first.`,
  )
}

const altered = ({ id }: StoredChange) =>
  new DomainError('conflict', `Change ${id} was altered since the draft was made: make another.`)

const noGoal = (name: string) =>
  new DomainError(
    'invalid_argument',
    `goal: there is no outcome definition "${name}". Say first what counts as success: lucidream outcomes define, or PUT /lucid/v1/outcome_definitions/NAME.`,
  )

function hopeless({ forecast: { days, units, advice }, unitsPerDay }: Outlook): DomainError {
  const rate = `${units} units at ${unitsPerDay.toPrecision(2)} a day`
  const time =
    days === null
      ? `No end is in sight: it takes ${units} units, and none come`
      : `It would take about ${Math.ceil(days)} days (${rate})`
  return new DomainError(
    'conflict',
    `${time}. Advice: ${advice.join('; ')}. To start it all the same, say anyway (--anyway) with a reason.`,
    { details: { error_code: 'experiment_hopeless' } },
  )
}
