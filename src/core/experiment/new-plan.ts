import type { ExperimentPlan } from './plan.ts'
import { makeSettings, type TestSettings } from './settings.ts'

/** Where nobody said how long an outcome is waited for. */
const standardDeadlineMs = 7 * 86_400_000
/** Kinds of signals that end an experiment where nobody named others. */
const standardHardStops = ['safety_incident', 'secret_leak', 'policy_violation'] as const

type Given = Partial<
  Pick<
    ExperimentPlan,
    'deadlines' | 'guardrails' | 'hardStops' | 'environment' | 'follows' | 'priorRate' | 'mostUnits'
  >
> & { readonly goal: string; readonly test: Partial<TestSettings> }

/** The plan of a draft; what the past and policy say is filled in when it starts. */
export const newPlan = ({ goal, test, ...given }: Given): ExperimentPlan => ({
  goal: { name: goal, definition: null },
  test: makeSettings(test),
  priorRate: null,
  mostUnits: null,
  deadlines: { standardMs: standardDeadlineMs, byTaskType: {} },
  guardrails: [],
  hardStops: [...standardHardStops],
  environment: {},
  unattended: false,
  unitsPerDay: null,
  anyway: null,
  follows: null,
  ...given,
})
