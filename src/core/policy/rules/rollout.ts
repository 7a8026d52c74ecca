import { lossOfRise } from '../../experiment/score.ts'
import type { JudgedChange, JudgedExperiment } from '../decision.ts'
import type { GuardrailDemand, PolicySpec } from '../policy.ts'
import { type Breach, deny, type Gate, none } from './gate.ts'

/** A gate for what an experiment asks for, when it starts and when it is promoted. Nothing known is nothing met. */
function trial(
  rule: string,
  judge: (spec: PolicySpec['rollout'], experiment: JudgedExperiment) => readonly Breach[],
): Gate {
  return {
    rule: `rollout.${rule}`,
    judge({ rollout }, { moment, experiment }) {
      if (moment !== 'try') return none
      return experiment === null
        ? deny('no experiment', 'an experiment')
        : judge(rollout, experiment)
    },
  }
}

const least = (
  rule: string,
  read: (
    spec: PolicySpec['rollout'],
    experiment: JudgedExperiment,
  ) => { readonly limit: number; readonly value: number },
  show: (value: number) => string,
): Gate =>
  trial(rule, (spec, experiment) => {
    const { limit, value } = read(spec, experiment)
    return value >= limit ? none : deny(show(value), `at least ${show(limit)}`)
  })

const points = (value: number) => `${Number((100 * value).toPrecision(3))} points`
const units = (value: number) => `${value} units`

export const rolloutGates: readonly Gate[] = [
  trial('unit', ({ unit }, experiment) =>
    unit === null || unit.includes(experiment.unit)
      ? none
      : deny(experiment.unit, unit.join(' or ') || 'no unit at all'),
  ),
  trial('metrics.goal.name', ({ metrics: { goal } }, experiment) =>
    goal.name === null || goal.name === experiment.goal ? none : deny(experiment.goal, goal.name),
  ),
  least(
    'metrics.goal.minEffect',
    ({ metrics: { goal } }, { minimumEffect }) => ({ limit: goal.minEffect, value: minimumEffect }),
    points,
  ),
  trial('metrics.guardrails', ({ metrics: { guardrails } }, experiment) =>
    guardrails.flatMap((demand) => judgeGuardrail(demand, experiment)),
  ),
  least(
    'analysis.attribution',
    ({ analysis }, { waitMs }) => ({ limit: analysis.attribution, value: waitMs }),
    (ms) => `${Math.round(ms / 360_000) / 10} hours`,
  ),
  least(
    'analysis.minUnitsPerArm',
    ({ analysis }, { unitsPerArm }) => ({ limit: analysis.minUnitsPerArm, value: unitsPerArm }),
    units,
  ),
  least(
    'analysis.minTaskTypes',
    ({ analysis }, { taskTypes }) => ({ limit: analysis.minTaskTypes, value: taskTypes }),
    (value) => `${value} types of task`,
  ),
  least(
    'analysis.minPrincipals',
    ({ analysis }, { principals }) => ({ limit: analysis.minPrincipals, value: principals }),
    (value) => `${value} principals`,
  ),
  trial('analysis.maxUnits', ({ analysis: { maxUnits } }, { mostUnits }) =>
    maxUnits === null || mostUnits === null || mostUnits <= maxUnits
      ? none
      : deny(units(mostUnits), `at most ${units(maxUnits)}`),
  ),
  trial('promote.from', ({ promote: { from } }, { promotedBy }) =>
    from === null || promotedBy === null || promotedBy.some((name) => from.includes(name))
      ? none
      : deny(promotedBy[0] ?? 'nobody', from.join(', ') || 'nobody'),
  ),
]

function judgeGuardrail(
  { name, maxDrop, maxRise }: GuardrailDemand,
  { guardrails }: JudgedExperiment,
): readonly Breach[] {
  const found = guardrails.find((one) => one.name === name)
  if (!found) return deny(`no guardrail ${name}`, `a guardrail ${name}`)
  if (!found.watched) return deny(`${name} is not watched`, `${name} watched for harm`)
  const margin = maxRise === null ? maxDrop : lossOfRise(maxRise)
  if (margin === null) return none
  if (!found.required) return deny(`${name} is not required`, `${name} required`)
  if (maxRise !== null && !found.isSpending) {
    return deny(`${name} is a score`, `${name} measured in tokens or seconds`)
  }
  return found.margin <= margin
    ? none
    : deny(`${name} may be ${points(found.margin)} worse`, `at most ${points(margin)}`)
}

/** A change of this risk that has to be proven before it is written, and is not. */
export function findUnproven(
  { rollout }: PolicySpec,
  { moment, experiment }: JudgedChange,
  risk: keyof PolicySpec['rollout']['experiment'],
): readonly Breach[] {
  if (moment !== 'apply' || rollout.experiment[risk] === 'optional') return none
  return experiment?.isProven ? none : deny('not proven', 'an experiment that proves it')
}
