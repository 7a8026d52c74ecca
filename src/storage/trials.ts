import type { ExperimentPlan } from '../core/experiment/plan.ts'
import type { JudgedExperiment } from '../core/policy/decision.ts'
import { hashChange } from '../core/review/approval.ts'
import type { StoredChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { type Experiment, isReady, isTried, listAllExperimentsOf } from './experiments.ts'

/** What policies look at of the newest experiment that tried a change as it is; null: there is none. */
export async function describeTrial(
  reader: Reader & Pick<Writer, 'hash'>,
  { id, change }: Pick<StoredChange, 'id' | 'change'>,
  promotedBy: readonly string[] | null,
): Promise<JudgedExperiment | null> {
  const changeHash = hashChange(change, reader.hash)
  const all = await listAllExperimentsOf(reader, id)
  const isSame = ({ changes }: Experiment) =>
    changes.some((one) => one.changeId === id && one.changeHash === changeHash)
  const found = all.find(isSame)
  if (!found) return null
  const own = found.changes.find((one) => one.changeId === id)
  const isStanding = isTried(found) || found.state === 'promoted'
  const isProven =
    isStanding && own !== undefined && (isReady(found, own) || own.verdict === 'promote')
  return { isProven, unit: found.unit, promotedBy, ...describePlan(found.plan) }
}

const describePlan = ({ goal, test, mostUnits, deadlines, guardrails }: ExperimentPlan) => ({
  goal: goal.name,
  minimumEffect: test.minimumEffect,
  unitsPerArm: test.leastUnitsPerArm,
  taskTypes: test.leastStrata,
  principals: test.leastPrincipals,
  mostUnits,
  waitMs: Math.min(deadlines.standardMs, ...Object.values(deadlines.byTaskType)),
  guardrails: test.guardrails.map(({ name, required, harmWatched, margin }) => ({
    name,
    required,
    watched: harmWatched,
    margin,
    isSpending: guardrails.some((one) => one.name === name && one.from !== 'signal'),
  })),
})
