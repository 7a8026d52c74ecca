/** One stage of the canary ramp: the candidate's chance, and what has to be there before it is left. */
export interface Stage {
  readonly pi: number
  /** Units that read the candidate, over all stages so far; null: the stage lasts until the decision. */
  readonly until: number | null
  /** Milliseconds that it lasts at least. */
  readonly leastMs: number
}
export type Ramp = readonly Stage[]

/**
 * Stages of the canary ramp (spec C.7): 10 % until 50 candidate units are committed, 25 % until 150, 50 % until the
 * decision. A stage is left only without alarm and with E− below 5, and never gone back to. The chance is set before
 * each coin from committed units alone, so the ramp costs no validity.
 */
export const stages: Ramp = [
  { pi: 0.1, until: 50, leastMs: 0 },
  { pi: 0.25, until: 150, leastMs: 0 },
  { pi: 0.5, until: null, leastMs: 0 },
]

/** Evidence of harm that keeps a stage from being left. */
export const uneasyAt = 5

interface Standing {
  readonly candidates: number
  /** No alarm, and E− below 5. */
  readonly calm: boolean
}

/** Where a test stands after a unit. */
export function stageAfter(
  stage: number,
  { candidates, calm }: Standing,
  ramp: Ramp = stages,
): number {
  const until = ramp[stage]?.until ?? Number.POSITIVE_INFINITY
  return calm && candidates >= until ? stage + 1 : stage
}

/** Stage and chance of the candidate for the next coin. */
export function nextStage(
  state: { readonly stage: number },
  ramp: Ramp = stages,
): { stage: number; pi: number } {
  return { stage: state.stage, pi: ramp[state.stage]?.pi ?? ramp.at(-1)?.pi ?? 0 }
}

/** As far as the clock lets a ramp go to where its tests stand: each stage lasts as long as it has to. */
export function stageByClock(
  ramp: Ramp,
  { stage, wanted, sinceMs }: { stage: number; wanted: number; sinceMs: number },
): number {
  let [at, since] = [stage, sinceMs]
  while (at < wanted && since >= (ramp[at]?.leastMs ?? 0)) {
    at += 1
    since = 0
  }
  return at
}

/** The ramp that is nowhere steeper than any of these: the lowest chance of all at every count of candidate units. */
export function meetRamps(ramps: readonly Ramp[]): Ramp {
  const ends = new Set(ramps.flatMap((ramp) => ramp.map(({ until }) => until)))
  const bounds = [...ends].filter((until) => until !== null).toSorted((a, b) => a - b)
  return [...bounds, null].map((until, at) => {
    const from = bounds[at - 1] ?? 0
    const standing = ramps.flatMap(
      (ramp) => ramp.find((stage) => stage.until === null || stage.until > from) ?? [],
    )
    const ending = standing.filter((stage) => stage.until === until && until !== null)
    return {
      pi: Math.min(...standing.map(({ pi }) => pi)),
      until,
      leastMs: Math.max(0, ...ending.map(({ leastMs }) => leastMs)),
    }
  })
}
