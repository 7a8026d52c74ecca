/**
 * Stages of the canary ramp (spec C.7): 10 % until 50 candidate units are committed, 25 % until 150, 50 % until the
 * decision. A stage is left only without alarm and with E− below 5, and never gone back to. The chance is set before
 * each coin from committed units alone, so the ramp costs no validity.
 */
export const stages: readonly { readonly pi: number; readonly until: number }[] = [
  { pi: 0.1, until: 50 },
  { pi: 0.25, until: 150 },
  { pi: 0.5, until: Number.POSITIVE_INFINITY },
]

/** Evidence of harm that keeps a stage from being left. */
export const uneasyAt = 5

/** Where a test stands after a unit. `calm`: no alarm, and E− below 5. */
export function stageAfter(
  stage: number,
  { candidates, calm }: { readonly candidates: number; readonly calm: boolean },
): number {
  const until = stages[stage]?.until ?? Number.POSITIVE_INFINITY
  return calm && candidates >= until ? stage + 1 : stage
}

/** Stage and chance of the candidate for the next coin. */
export function nextStage(state: { readonly stage: number }): { stage: number; pi: number } {
  return { stage: state.stage, pi: stages[state.stage]?.pi ?? 0.5 }
}
