import type { Actor } from '../core/audit/record.ts'
import { decide } from '../core/experiment/decision.ts'
import { type ExperimentState, sayVerdict } from '../core/experiment/verdict-sentence.ts'
import { getChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import {
  countExperimentUnits,
  frontierOf,
  listExperimentTests,
  type StoredTest,
} from './experiment-commits.ts'
import { appendDecision, type DecisionKind } from './experiment-decisions.ts'
import { requestRounds } from './experiment-rounds.ts'
import {
  type Experiment,
  type ExperimentChange,
  isReady,
  listExperimentsOf,
  listOpenExperiments,
  refuseState,
  updateExperiment,
  updateExperimentChange,
} from './experiments.ts'
import type { Lineage } from './lineage.ts'
import { returnChange } from './review-changes.ts'
import { emitWebhookEvent, type Outbox } from './webhook-deliveries.ts'

type EndState = Extract<ExperimentState, 'rolled_back' | 'inconclusive' | 'void'>

export interface Ending {
  readonly state: EndState
  readonly reasons: readonly string[]
  readonly outbox: Outbox
}

const verdicts = { rolled_back: 'rollback', inconclusive: 'inconclusive', void: 'void' } as const

/**
 * Ends an experiment without promoting anything: the store was never touched, so nothing has to be undone in it. What was
 * not proven or did harm is a proposal again, with the reason; what came to nothing stays accepted.
 */
export async function endExperiment(
  writer: Writer,
  experiment: Experiment,
  { state, reasons, outbox }: Ending,
): Promise<void> {
  const { id, changes } = experiment
  const frontier = await findFrontier(writer, experiment)
  for (const change of changes) {
    if (change.verdict === null) {
      await closeChange(writer, experiment, { change, frontier, verdict: verdicts[state] })
    }
    if (state !== 'void') await sendBack(writer, experiment, change)
  }
  const sentence = await saySentence(writer, experiment, { state, reasons })
  await updateExperiment(writer, experiment, {
    state,
    verdict: { sentence, reasons },
    endedAt: writer.at,
  })
  await appendDecision(writer, id, { kind: state, frontier, detail: { reasons: [...reasons] } })
  // What agents wrote meanwhile is collected in its next round.
  await requestRounds(writer, outbox, [id])
  const type = state === 'rolled_back' ? 'experiment.rolled_back' : 'experiment.decided'
  await emitWebhookEvent(writer, outbox, { type, objectId: id })
}

export async function sendBack(
  writer: Writer,
  { id }: Experiment,
  change: ExperimentChange,
): Promise<void> {
  const stored = await getChange(writer, change.changeId)
  if (stored.status !== 'accepted') return
  await returnChange(writer, stored.id, `experiment ${id} did not prove it`)
}

interface Closing {
  readonly change: ExperimentChange
  readonly frontier: number
  readonly verdict: NonNullable<ExperimentChange['verdict']>
}

export async function closeChange(
  writer: Writer,
  { id }: Experiment,
  { change, frontier, verdict }: Closing,
): Promise<void> {
  await updateExperimentChange(writer, id, { ...change, verdict, closedAt: frontier })
}

/** The next unit to commit. */
export const findFrontier = async (
  reader: Reader,
  { id }: Pick<Experiment, 'id'>,
): Promise<number> => frontierOf(await listExperimentTests(reader, id))

interface Saying {
  readonly state: ExperimentState
  readonly reasons: readonly string[]
}

/** The verdict in words, with the interval of the change that was decided first. */
export const saySentence = async (
  reader: Reader,
  experiment: Experiment,
  saying: Saying,
): Promise<string> =>
  sentenceOf(experiment, await listExperimentTests(reader, experiment.id), saying)

export function sentenceOf(
  experiment: Experiment,
  tests: readonly StoredTest[],
  { state, reasons }: Saying,
): string {
  const { plan, changes } = experiment
  const shown = changes.find(({ readyAt }) => readyAt !== null) ?? changes[0]
  const test = tests.find((one) => one.test === `change:${shown?.ordinal ?? 0}`)
  const decision = test ? decide(plan.test, test.state) : null
  return sayVerdict({
    state,
    ready: changes.some((change) => isReady(experiment, change)),
    units: test?.state.frontier ?? 0,
    interval: decision ? decision.interval : { low: -1, high: 1 },
    reasons,
  })
}

interface Mark {
  readonly kind: Extract<DecisionKind, 'paused' | 'resumed'>
  readonly reason: string | null
  readonly outbox: Outbox
}

/** While it is paused every unit reads the store as it is and none is counted; those assigned before still are. */
export async function pauseExperiment(
  writer: Writer,
  experiment: Experiment,
  { kind, reason, outbox }: Mark,
): Promise<void> {
  refuseState(experiment, kind === 'paused' ? ['running'] : ['paused'], kind)
  const frontier = await findFrontier(writer, experiment)
  await updateExperiment(writer, experiment, { state: kind === 'paused' ? 'paused' : 'running' })
  await appendDecision(writer, experiment.id, { kind, frontier, detail: { reason } })
  if (kind === 'resumed') return
  await emitWebhookEvent(writer, outbox, { type: 'experiment.paused', objectId: experiment.id })
}

interface Stop {
  readonly reason: string
  /** Another grader, model or prompt: its evidence may be handed on. */
  readonly environmentChanged: boolean
  readonly outbox: Outbox
}

/** By hand: without proof, or the holdback of one that was promoted. */
export async function stopExperiment(
  writer: Writer,
  experiment: Experiment,
  { reason, environmentChanged, outbox }: Stop,
): Promise<void> {
  const reasons = [`${environmentChanged ? 'environment changed' : 'stopped by hand'}: ${reason}`]
  if (experiment.state === 'promoted' && experiment.holdback?.endedAt === null) {
    await endHoldback(writer, experiment, reasons)
    await requestRounds(writer, outbox, [experiment.id])
    return
  }
  refuseState(experiment, ['draft', 'running', 'paused'], 'stopped')
  const state = environmentChanged ? 'void' : 'inconclusive'
  await endExperiment(writer, experiment, { state, reasons, outbox })
}

/** From now on every unit reads what was promoted. */
export async function endHoldback(
  writer: Writer,
  experiment: Experiment,
  reasons: readonly string[],
): Promise<void> {
  await updateExperiment(writer, experiment, { holdbackEndedAt: writer.at })
  const units = await countExperimentUnits(writer, experiment.id)
  await appendDecision(writer, experiment.id, {
    kind: 'holdback_ended',
    frontier: await findFrontier(writer, experiment),
    detail: { reasons: [...reasons], units: units - (experiment.holdback?.from ?? 0) },
  })
}

/** Experiments that try what stands on a revoked source: nothing they say is worth anything. */
export async function voidExperiments(
  writer: Writer,
  { changes }: Pick<Lineage, 'changes'>,
  outbox: Outbox,
): Promise<readonly string[]> {
  const reasons = ['what it tries stands on a revoked source']
  const affected = await listExperimentsOf(writer, changes)
  for (const one of affected) {
    await endExperiment(writer, one, { state: 'void', reasons, outbox })
  }
  const revoked = new Set<string>(changes)
  const watched = (await listOpenExperiments(writer)).filter(
    (one) => one.state === 'promoted' && one.changes.some((change) => revoked.has(change.changeId)),
  )
  for (const one of watched) await endHoldback(writer, one, reasons)
  return [...affected, ...watched].map(({ id }) => id)
}

/** Who commits units and acts on verdicts. */
export const actorOf = ({ id }: Pick<Experiment, 'id'>): Actor => ({
  type: 'service_account',
  id,
})
