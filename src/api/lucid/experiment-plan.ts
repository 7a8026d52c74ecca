import type { z } from 'zod'
import type { newExperiment } from '../../contract/lucid/experiments.ts'
import type { ExperimentPlan, GuardrailSource } from '../../core/experiment/plan.ts'
import { makeSettings } from '../../core/experiment/settings.ts'
import type { ExperimentId } from '../../core/ids.ts'

type Body = z.output<typeof newExperiment>

/** Where nobody said how long an outcome is waited for. */
const standardDeadlineMs = 7 * 86_400_000

/** The plan of a draft; what the past and policy say is filled in when it starts. */
export function readPlan(
  body: Body,
  goalDeadlines: ExperimentPlan['deadlines'] | null,
): ExperimentPlan {
  const given = body.settings ?? {}
  const test = makeSettings({
    ...(given.minimum_effect === undefined ? {} : { minimumEffect: given.minimum_effect }),
    ...(given.smallest_effect === undefined ? {} : { smallestEffect: given.smallest_effect }),
    ...(given.least_units_per_arm === undefined
      ? {}
      : { leastUnitsPerArm: given.least_units_per_arm }),
    ...(given.least_strata === undefined ? {} : { leastStrata: given.least_strata }),
    ...(given.least_principals === undefined ? {} : { leastPrincipals: given.least_principals }),
    ...(given.graded === undefined ? {} : { graded: given.graded }),
    priorRates: given.prior_rates ?? {},
    guardrails: body.guardrails.map((one) => ({
      name: one.name,
      required: one.required,
      margin: one.margin,
      harmWatched: one.harm_watched,
      graded: one.graded,
      ...(one.prior_rate === undefined ? {} : { priorRate: one.prior_rate }),
    })),
  })
  return {
    goal: { name: body.goal, definition: null },
    test,
    priorRate: given.prior_rate ?? null,
    mostUnits: given.max_units ?? null,
    deadlines: {
      standardMs:
        body.deadline_seconds === undefined
          ? (goalDeadlines?.standardMs ?? standardDeadlineMs)
          : body.deadline_seconds * 1_000,
      byTaskType:
        body.deadlines_by_task_type === undefined
          ? (goalDeadlines?.byTaskType ?? {})
          : Object.fromEntries(
              Object.entries(body.deadlines_by_task_type).map(([type, s]) => [type, s * 1_000]),
            ),
    },
    guardrails: body.guardrails.map(readSource),
    hardStops: body.hard_stops,
    environment: body.environment,
    unattended: false,
    unitsPerDay: null,
    anyway: null,
    follows: (body.follows as ExperimentId | undefined) ?? null,
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
