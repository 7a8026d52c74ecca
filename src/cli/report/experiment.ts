import type { ArmTotals, ExperimentSummary, ExperimentView } from '../../storage/experiment-view.ts'
import { presentExperiment } from '../../storage/presented-experiment.ts'
import { showForeign } from '../text.ts'

export const describeSummary = ({
  experiment,
  sentence,
  committed,
  expectedAt,
}: ExperimentSummary): string[] => [
  `${experiment.id}  ${experiment.state.replace('_', ' ')}  ${showForeign(experiment.name)}`,
  `  ${showForeign(sentence)}`,
  `  ${committed} of ${experiment.plan.test.mostUnits} units${expectedAt === null ? '' : `; decided by ${expectedAt.slice(0, 10)} at the latest`}`,
]

/** Everything, the interval before the estimate. */
export function describeExperiment(view: ExperimentView): string[] {
  const shown = presentExperiment(view)
  const lines = describeSummary(view)
  if (shown.forecast) {
    const { units, days, units_per_day, advice } = shown.forecast
    const time = days === null ? 'never: no units come' : `about ${Math.ceil(days)} days`
    lines.push(`  forecast: ${units} units, ${time} (${units_per_day.toPrecision(2)} a day)`)
    lines.push(...advice.map((one) => `  advice: ${one}`))
  }
  for (const [at, test] of shown.tests.entries()) {
    const { evidence, interval, sample_ratio } = test
    const arms = view.tests[at]?.arms
    lines.push(
      `${test.phase} of ${test.change_id}: ${test.verdict ?? (test.ready ? 'ready to be promoted' : 'open')}`,
      `  E better ${show(evidence.better)} of ${evidence.needed}, worse ${show(evidence.worse)}; p ${show(evidence.p)}`,
      interval === null
        ? '  effect: not the same all along'
        : `  effect: between ${percent(interval.low)} and ${percent(interval.high)} points (95 %), mean ${percent(test.estimate)}`,
      ...(arms
        ? [describeArm('candidate', arms.candidate), describeArm('incumbent', arms.incumbent)]
        : []),
      `  sample ratio: ${sample_ratio.candidate} to ${sample_ratio.incumbent}, evidence against the coins ${show(sample_ratio.evidence)} of 1000`,
      ...test.guardrails.map(
        (one) =>
          `  guardrail ${showForeign(one.name)}: E worse ${show(one.worse)}${one.passed === null ? '' : one.passed ? ', passed' : `, not passed yet (${show(one.not_worse)} of 20)`}`,
      ),
      ...test.reasons.map((reason) => `  ${showForeign(reason)}`),
    )
  }
  if (shown.overlay) lines.push(...describeOverlay(shown.overlay))
  lines.push(
    ...shown.decisions.map(
      ({ kind, created_at, actor, detail }) =>
        `${created_at}  ${kind}  ${actor.type} ${showForeign(actor.id)}  ${showForeign(JSON.stringify(detail))}`,
    ),
  )
  return lines
}

type ShownOverlay = NonNullable<ReturnType<typeof presentExperiment>['overlay']>

/** What agents wrote for themselves, and which dream carries the proposals. */
function describeOverlay(overlay: ShownOverlay): string[] {
  const { files, proposals, conflicts, known, deletions, held_back, left_out, waiting } = overlay
  return [
    `overlay: ${files} files written by agents, ${proposals} proposed, ${conflicts} conflicts, ${known} known already, ${deletions} deletions, ${held_back} held back, ${left_out} left out, ${waiting} waiting`,
    ...overlay.rounds.flatMap(({ dream_id, status, error, notes }) => [
      `  ${dream_id}: ${status}${error === null ? '' : ` (${showForeign(error.message)})`}; lucidream changes --dream ${dream_id}`,
      ...notes.map(
        ({ kind, arm, path, reason }) =>
          `  ${kind.replace('_', ' ')}${arm === '' ? '' : ` of arm ${arm}`}: ${showForeign(path)}: ${showForeign(reason)}`,
      ),
    ]),
  ]
}

function describeArm(name: string, arm: ArmTotals): string {
  const mean = arm.committed === 0 ? '–' : percent(arm.sum / arm.committed)
  const cost = arm.counted === 0 ? '' : `, ${Math.round(arm.tokens / arm.counted)} tokens`
  const time = arm.counted === 0 ? '' : `, ${(arm.seconds / arm.counted).toFixed(1)} s`
  return `  ${name}: ${arm.committed} of ${arm.assigned} units counted, mean ${mean}, ${arm.missing} missing (${arm.late} late)${cost}${time}`
}

const show = (value: number) => String(Number(value.toPrecision(3)))
const percent = (share: number) => String(Number((100 * share).toFixed(1)))
