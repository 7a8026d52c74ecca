import type { JudgedExperiment } from '../../src/core/policy/decision.ts'
import type { GateCase } from './_gates.ts'

type Experiment = JudgedExperiment

const trial = (field: string, stated: unknown, experiment: Partial<Experiment>): GateCase => ({
  rule: `rollout.${field}`,
  states: { [`rollout.${field}`]: stated },
  judged: { moment: 'try', experiment },
  verdict: 'deny',
})
const guardrail = { name: 'cost', required: true, watched: true, margin: 0.02, isSpending: true }
const demanding = (stated: object, guardrails: Experiment['guardrails']): GateCase =>
  trial('metrics.guardrails', [stated], { guardrails })

/** What policies demand of experiments. */
export const rolloutCases: readonly GateCase[] = [
  {
    rule: 'rollout.experiment.low',
    states: {
      'rollout.experiment': {
        low: 'required',
        medium: 'required',
        high: 'required',
        critical: 'required',
      },
    },
    judged: { experiment: { isProven: false } },
    verdict: 'deny',
  },
  trial('unit', 'actor', { unit: 'session' }),
  trial('unit', ['actor', 'workspace'], { unit: 'block' }),
  trial('metrics.goal.name', 'resolved', { goal: 'csat' }),
  trial('metrics.goal.minEffect', 0.03, { minimumEffect: 0.02 }),
  demanding({ name: 'csat' }, [guardrail]),
  demanding({ name: 'cost' }, [{ ...guardrail, watched: false }]),
  demanding({ name: 'cost', maxDrop: 0.05 }, [{ ...guardrail, required: false }]),
  demanding({ name: 'cost', maxDrop: 0.05 }, [{ ...guardrail, margin: 0.051 }]),
  // A tenth dearer is 3.4 points: ln 1.1 / (2 ln 4).
  demanding({ name: 'cost', maxRise: 0.1 }, [{ ...guardrail, margin: 0.0345 }]),
  demanding({ name: 'cost', maxRise: 0.1 }, [{ ...guardrail, isSpending: false }]),
  trial('analysis.attribution', '7d', { waitMs: 7 * 86_400_000 - 1 }),
  trial('analysis.minUnitsPerArm', 50, { unitsPerArm: 49 }),
  trial('analysis.minTaskTypes', 4, { taskTypes: 3 }),
  trial('analysis.minPrincipals', 4, { principals: 3 }),
  trial('analysis.maxUnits', 500, { mostUnits: 501 }),
  trial('promote.from', ['group:leads'], { promotedBy: ['user:one', 'role:admin'] }),
]
