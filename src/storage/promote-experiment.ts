import { DomainError } from '../core/errors.ts'
import { sumStrata } from '../core/experiment/centre.ts'
import { openDrift } from '../core/experiment/drift.ts'
import { sayLeaveOneOut } from '../core/experiment/leave-one-out.ts'
import { holdbackOf } from '../core/experiment/plan.ts'
import { openTest } from '../core/experiment/state.ts'
import type { ChangeId, DreamId, ExperimentId } from '../core/ids.ts'
import { applyPlan, planApply } from './apply-changes.ts'
import { hashStore } from './bound-arms.ts'
import { getChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import {
  closeChange,
  endExperiment,
  endHoldback,
  findFrontier,
  saySentence,
  sendBack,
} from './end-experiment.ts'
import {
  countExperimentUnits,
  listExperimentTests,
  putDriftState,
  putExperimentTest,
} from './experiment-commits.ts'
import { appendDecision } from './experiment-decisions.ts'
import { requestRounds } from './experiment-rounds.ts'
import {
  type Experiment,
  type ExperimentChange,
  getExperiment,
  isProven,
  isReady,
  isTried,
  refuseState,
  updateExperiment,
} from './experiments.ts'
import { judgeTrials, namePromoter, refusePromotion } from './judged-trials.ts'
import { insertRegression } from './regressions.ts'
import { planRollBack, writeRollBack } from './roll-back.ts'
import { emitWebhookEvent, type Outbox } from './webhook-deliveries.ts'

export interface Promotion {
  readonly id: ExperimentId
  readonly outbox: Outbox
  /** Why; the policy's name where no person promotes. */
  readonly reason: string | null
  /** E ≥ 20 with a person, E ≥ 100 without. */
  readonly by: 'person' | 'policy'
}

/** The store holds something else than the experiment tried. */
const storeMoved = 'store_moved'
const isStoreMoved = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.details.error_code === storeMoved

/**
 * Writes what was proven into the store, in one burst and under the same conditions as any other apply; what was not is
 * closed as not proven. From here on nine units of ten read the store, and the others the incumbent.
 */
export async function promoteExperiment(writer: Writer, given: Promotion): Promise<Experiment> {
  const { id, outbox, by } = given
  const experiment = await getExperiment(writer, id)
  refuseState(experiment, ['running', 'paused'], 'promoted')
  const chosen = experiment.changes.filter((change) =>
    by === 'person' ? isReady(experiment, change) : isProven(experiment, change),
  )
  if (chosen.length === 0) throw await notProven(writer, experiment)
  const promoter = by === 'person' ? await namePromoter(writer) : null
  refusePromotion(experiment, await judgeTrials(writer, experiment, promoter))
  await applyAll(writer, given, new Set(chosen.map(({ changeId }) => changeId)))
  const frontier = await findFrontier(writer, experiment)
  for (const change of experiment.changes) {
    const verdict = chosen.includes(change) ? 'promote' : (change.verdict ?? 'inconclusive')
    if (change.verdict === null) {
      await closeChange(writer, experiment, { change, frontier, verdict })
    }
    if (verdict !== 'promote') await sendBack(writer, experiment, change)
  }
  await openHoldback(writer, experiment, chosen)
  const sentence = await saySentence(writer, experiment, { state: 'promoted', reasons: [] })
  await updateExperiment(writer, experiment, {
    state: 'promoted',
    verdict: { sentence, reasons: [] },
    endedAt: writer.at,
    holdback: {
      contentHash: await hashStore(writer, experiment.storeId),
      from: await countExperimentUnits(writer, id),
      until: new Date(Date.parse(writer.at) + holdbackOf(experiment.plan).leastMs).toISOString(),
    },
  })
  await appendDecision(writer, id, {
    kind: 'promoted',
    frontier,
    detail: { changes: chosen.map(({ changeId }) => changeId), by, reason: given.reason },
  })
  await requestRounds(writer, outbox, [id])
  await emitWebhookEvent(writer, outbox, { type: 'experiment.promoted', objectId: id })
  return getExperiment(writer, id)
}

const officeOf = ({ hash }: Writer, outbox: Outbox) => ({
  ...outbox,
  hash,
  clock: () => outbox.now,
})

/** By dream, as they are applied; whatever cannot be written undoes all of it. */
async function applyAll(
  writer: Writer,
  { id, outbox }: Promotion,
  chosen: ReadonlySet<ChangeId>,
): Promise<void> {
  const dreams = new Set<DreamId>()
  for (const changeId of chosen) dreams.add((await getChange(writer, changeId)).dreamId)
  for (const dreamId of [...dreams].toSorted()) {
    const plan = await planApply(writer, dreamId, { status: 'accepted', ids: chosen })
    const [first] = [...plan.returned, ...plan.waiting]
    if (first) {
      const { change, reason, kind } = first
      throw new DomainError(
        'conflict',
        kind === 'conflict'
          ? `Experiment ${id} cannot be promoted: ${reason}.`
          : `Experiment ${id} cannot be promoted yet: change ${change.id} is not let through now (${reason}). Accept it anew where that is missing, then promote.`,
        { details: { error_code: kind === 'conflict' ? storeMoved : 'approval_needed' } },
      )
    }
    await applyPlan(writer, officeOf(writer, outbox), plan)
  }
}

interface Attempt<T> {
  readonly id: ExperimentId
  readonly outbox: Outbox
  readonly write: (work: (writer: Writer) => Promise<void>) => Promise<void>
  /** The write that promotes. */
  readonly promote: () => Promise<T>
}

/**
 * Promotes; where the store had moved, that write is undone, and in one of its own what was tried goes back to review,
 * with evidence that may be handed on. The refusal is thrown either way.
 */
export async function promoteOrSendBack<T>(attempt: Attempt<T>): Promise<T> {
  try {
    return await attempt.promote()
  } catch (error) {
    if (!isStoreMoved(error)) throw error
    const reasons = [error.message]
    await attempt.write(async (writer) => {
      const experiment = await getExperiment(writer, attempt.id)
      // Somebody else has ended it since.
      if (!isTried(experiment)) return
      for (const change of experiment.changes) await sendBack(writer, experiment, change)
      await endExperiment(writer, experiment, { state: 'void', reasons, outbox: attempt.outbox })
    })
    throw error
  }
}

async function openHoldback(
  writer: Writer,
  { id, plan }: Experiment,
  promoted: Experiment['changes'],
): Promise<void> {
  const from = await countExperimentUnits(writer, id)
  const tests = await listExperimentTests(writer, id)
  for (const { ordinal } of promoted) {
    await putExperimentTest(writer, id, {
      test: `holdback:${ordinal}`,
      frontier: from,
      state: openTest(plan.test),
    })
  }
  const strata =
    tests.find(({ test }) => test === `change:${promoted[0]?.ordinal}`)?.state.strata ?? []
  const { s1, n1 } = sumStrata(strata)
  await putDriftState(writer, id, { frontier: from, state: openDrift(s1, n1) })
}

interface RollingBack {
  readonly reasons: readonly string[]
  readonly outbox: Outbox
}

/**
 * Takes what was promoted out of the store again by new versions. Where somebody built on it since, nobody but a person
 * can: then the holdback ends, and says so.
 */
export async function rollExperimentBack(
  writer: Writer,
  experiment: Experiment,
  { reasons, outbox }: RollingBack,
): Promise<void> {
  const { id, changes } = experiment
  const ids = await listStanding(writer, changes)
  const plan = await planOrExplain(writer, ids)
  const incident = {
    id: outbox.newId('incd'),
    experimentId: id,
    report: { storeId: experiment.storeId, changeIds: ids, paths: [], isRolledBack: false },
  }
  if (typeof plan === 'string') {
    const all = [...reasons, `a person has to roll it back: ${plan}`]
    await endHoldback(writer, experiment, all)
    await insertRegression(writer, { ...incident, reason: all.join('; ') })
    await emitWebhookEvent(writer, outbox, { type: 'experiment.decided', objectId: id })
    return
  }
  if (plan !== null) await writeRollBack(writer, officeOf(writer, outbox), plan)
  await endHoldback(writer, experiment, reasons)
  const paths = plan?.steps.map(({ first }) => first.path) ?? []
  const report = { ...incident.report, paths, isRolledBack: true }
  await insertRegression(writer, { ...incident, reason: reasons.join('; '), report })
  const sentence = await saySentence(writer, experiment, { state: 'rolled_back', reasons })
  await updateExperiment(writer, experiment, {
    state: 'rolled_back',
    verdict: { sentence, reasons },
  })
  await appendDecision(writer, id, {
    kind: 'rolled_back',
    frontier: await findFrontier(writer, experiment),
    detail: { reasons: [...reasons], changes: ids },
  })
  await emitWebhookEvent(writer, outbox, { type: 'experiment.rolled_back', objectId: id })
}

/** Promoted and still applied: a person may have taken one back already. */
async function listStanding(reader: Reader, changes: Experiment['changes']): Promise<ChangeId[]> {
  const standing: ChangeId[] = []
  for (const { changeId, verdict } of changes) {
    if (verdict !== 'promote') continue
    if ((await getChange(reader, changeId)).status === 'applied') standing.push(changeId)
  }
  return standing
}

/** Planning reads only, so a refusal undoes nothing. */
async function planOrExplain(writer: Writer, ids: readonly ChangeId[]) {
  if (ids.length === 0) return null
  try {
    return await planRollBack(writer, { ids, kind: 'roll_back', cascade: 'refuse' })
  } catch (error) {
    if (error instanceof DomainError && error.code === 'conflict') return error.message
    throw error
  }
}

/** The evidence is enough, and is not asked yet on whom it rests, or rests on one. */
function restsOnOne({ id, plan }: Experiment, { leaveOneOut }: ExperimentChange): DomainError {
  const why = leaveOneOut
    ? sayLeaveOneOut(leaveOneOut, plan.test.threshold).join('; ')
    : 'whose word the evidence rests on is asked when units are committed next'
  return new DomainError(
    'conflict',
    `Experiment ${id} cannot be promoted yet: ${why}. See what that principal sent (lucidream outcomes list), let others speak too, or stop the experiment and apply the changes without proof.`,
    { details: { error_code: 'rests_on_one' } },
  )
}

async function notProven(reader: Reader, experiment: Experiment): Promise<DomainError> {
  const sentence = await saySentence(reader, experiment, { state: experiment.state, reasons: [] })
  const held = experiment.changes.find(
    ({ readyAt, verdict }) => readyAt !== null && verdict === null,
  )
  if (held) return restsOnOne(experiment, held)
  return new DomainError(
    'conflict',
    `Experiment ${experiment.id} has proven nothing that could be promoted. ${sentence} To write the changes without proof, stop it and apply them.`,
    { details: { error_code: 'not_proven' } },
  )
}
