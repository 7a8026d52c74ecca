import { DomainError } from '../core/errors.ts'
import { isRatioBroken } from '../core/experiment/sample-ratio.ts'
import type { TestSettings } from '../core/experiment/settings.ts'
import { reopenTest, type TestState } from '../core/experiment/state.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { Reader } from './database.ts'
import { listExperimentTests } from './experiment-commits.ts'
import { findGoal } from './experiment-goal.ts'
import { type Experiment, getExperiment, listExperiments } from './experiments.ts'

type Following = Pick<Experiment, 'changes' | 'plan'> & Partial<Pick<Experiment, 'id'>>

const everything = 1_000_000

/**
 * Evidence of sequential tests of the same change and goal may be multiplied, and no other (spec C.15): the change word for word,
 * the goal as it is defined, the guardrails. What came from broken coins is no evidence, and what two experiments multiply
 * counts twice: whoever could begin again with the same E as often as he likes would reach any threshold.
 */
export async function refuseUnrelated(
  reader: Reader,
  id: ExperimentId,
  following: Following,
): Promise<void> {
  const former = await getExperiment(reader, id)
  const fault = await findFault(reader, former, following)
  if (fault === null) return
  throw new DomainError('conflict', `Experiment ${id} cannot be followed: ${fault}.`, {
    details: { error_code: 'cannot_follow' },
  })
}

async function findFault(
  reader: Reader,
  former: Experiment,
  { changes, plan, id }: Following,
): Promise<string | null> {
  const hashes = (all: Following['changes']) =>
    JSON.stringify(all.map(({ changeId, changeHash }) => [changeId, changeHash]))
  const guardrails = ({ test, guardrails: sources }: Experiment['plan']) =>
    JSON.stringify([test.guardrails, sources])
  if (former.state !== 'void') return `it is ${former.state.replace('_', ' ')}, not void`
  if (hashes(former.changes) !== hashes(changes)) return 'it tried other changes, or other words'
  const goal = await findGoal(reader, plan.goal.name)
  const isSameGoal =
    former.plan.goal.name === plan.goal.name &&
    JSON.stringify(former.plan.goal.definition) === JSON.stringify(goal?.definition ?? null)
  if (!isSameGoal) return 'it had another goal, or its goal was defined otherwise'
  if (guardrails(former.plan) !== guardrails(plan)) return 'it had other guardrails'
  const tests = await listExperimentTests(reader, former.id)
  if (tests.some(({ state }) => isRatioBroken(state.ratio))) {
    return 'its units did not fit their coins, so nothing that it measured counts'
  }
  const all = await listExperiments(reader, { storeId: former.storeId, limit: everything })
  const other = all.find(
    (one) => one.id !== id && one.plan.follows === former.id && one.startedAt !== null,
  )
  return other ? `experiment ${other.id} follows it already; follow that one` : null
}

/** With the evidence of the experiment that it follows, whose state does not change any more. */
export async function findFormerState(
  reader: Reader,
  { test, follows }: { readonly test: TestSettings; readonly follows: ExperimentId },
  ordinal: number,
): Promise<TestState | null> {
  const former = (await listExperimentTests(reader, follows)).find(
    (one) => one.test === `change:${ordinal}`,
  )
  return former ? reopenTest(test, former.state) : null
}
