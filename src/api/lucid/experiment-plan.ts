import type { z } from 'zod'
import type { newExperiment } from '../../contract/lucid/experiments.ts'
import { newPlan } from '../../core/experiment/new-plan.ts'
import type { ExperimentPlan, GuardrailSource } from '../../core/experiment/plan.ts'
import type { TestSettings } from '../../core/experiment/settings.ts'
import type { ExperimentId } from '../../core/ids.ts'

type Body = z.output<typeof newExperiment>

export function readPlan(
  body: Body,
  goalDeadlines: ExperimentPlan['deadlines'] | null,
): ExperimentPlan {
  const { settings = {}, deadline_seconds, deadlines_by_task_type } = body
  const known = newPlan({ goal: body.goal, test: readTest(body) })
  const standing = goalDeadlines ?? known.deadlines
  return {
    ...known,
    priorRate: settings.prior_rate ?? null,
    mostUnits: settings.max_units ?? null,
    deadlines: {
      standardMs: deadline_seconds === undefined ? standing.standardMs : deadline_seconds * 1_000,
      byTaskType:
        deadlines_by_task_type === undefined
          ? standing.byTaskType
          : Object.fromEntries(
              Object.entries(deadlines_by_task_type).map(([type, s]) => [type, s * 1_000]),
            ),
    },
    guardrails: body.guardrails.map(readSource),
    hardStops: body.hard_stops,
    environment: body.environment,
    follows: (body.follows as ExperimentId | undefined) ?? null,
  }
}

const names = {
  minimum_effect: 'minimumEffect',
  smallest_effect: 'smallestEffect',
  least_units_per_arm: 'leastUnitsPerArm',
  least_strata: 'leastStrata',
  least_principals: 'leastPrincipals',
  graded: 'graded',
} as const

function readTest({ settings = {}, guardrails }: Body): Partial<TestSettings> {
  const stated = Object.entries(names).flatMap(([name, own]) => {
    const value = settings[name as keyof typeof names]
    return value === undefined ? [] : [[own, value] as const]
  })
  return {
    ...Object.fromEntries(stated),
    priorRates: settings.prior_rates ?? {},
    guardrails: guardrails.map((one) => ({
      name: one.name,
      required: one.required,
      margin: one.margin,
      harmWatched: one.harm_watched,
      graded: one.graded,
      ...(one.prior_rate === undefined ? {} : { priorRate: one.prior_rate }),
    })),
  }
}

const readSource = ({
  name,
  signal_kind,
  measure,
  reference = 1,
}: Body['guardrails'][number]): GuardrailSource =>
  measure === undefined
    ? { name, from: 'signal', kind: signal_kind ?? name }
    : { name, from: measure, reference }
