import type { EProcess } from './betting.ts'
import { isRatioBroken, type SampleRatio } from './sample-ratio.ts'
import { harmThresholds, listGuardrails, type TestSettings } from './settings.ts'

/** What of a test's state tells of harm. */
export interface Watched {
  readonly worse: EProcess
  readonly guardrails: readonly { readonly worse: EProcess }[]
  readonly ratio: SampleRatio
  readonly hardStop: string | null
}

/**
 * The goal and the watched guardrails on which the candidate was shown to be worse (spec C.3): ever, since the
 * chance that E ever reaches the threshold is what is bounded, and an alarm must not pass while nobody looks.
 */
export function listHarms(settings: TestSettings, watched: Watched): string[] {
  const { goal, guardrail } = harmThresholds(settings)
  const harmed = listGuardrails(settings).filter(
    ({ harmWatched }, at) => harmWatched && isReached(watched.guardrails[at]?.worse, guardrail),
  )
  const names = harmed.map(({ name }) => name)
  return isReached(watched.worse, goal) ? ['the goal', ...names] : names
}

/** Anything that must not be promoted over, nor ramped up over. */
export function hasAlarm(settings: TestSettings, watched: Watched): boolean {
  return (
    watched.hardStop !== null ||
    isRatioBroken(watched.ratio) ||
    listHarms(settings, watched).length > 0
  )
}

/** The upper end of the 95 % confidence sequence is below the least effect worth having: one of its two sides. */
export function isHelpRuledOut({ futile }: { readonly futile: EProcess }): boolean {
  return isReached(futile, futileAt)
}

const futileAt = 40

function isReached(process: EProcess | undefined, threshold: number): boolean {
  return process !== undefined && process.largest >= Math.log(threshold)
}
