/** What a season of experiments came to: those of one year or quarter, all of them, promoted or not. */
export interface SeasonTest {
  readonly id: string
  /** E when the test stopped, or now while it runs; never the largest on the way, which is no e-value. */
  readonly e: number
  readonly promoted: boolean
}

export interface Season {
  /** By e-BH: the expected share of false ones among these is at most the rate, however tests depend on each other. */
  readonly proven: readonly string[]
  /** Promoted and not among them: they keep their holdback. */
  readonly provisional: readonly string[]
}

/** Most that may be false among the proven, and how far back a season goes, where nobody says otherwise. */
export const seasonRate = 0.1
export const seasonDays = 90

/** The season view of spec C.4. */
export function reviewSeason(tests: readonly SeasonTest[], rate = seasonRate): Season {
  const chosen = chooseByEvidence(
    tests.map(({ e }) => e),
    rate,
  )
  const ids = (keep: (test: SeasonTest, at: number) => boolean) =>
    tests.filter(keep).map(({ id }) => id)
  return {
    proven: ids((_, at) => chosen[at] === true),
    provisional: ids(({ promoted }, at) => promoted && chosen[at] !== true),
  }
}

/** e-BH (Wang & Ramdas 2022): of m e-values the k largest, for the largest k whose k-th is at least m / (k · rate). */
export function chooseByEvidence(es: readonly number[], rate: number): boolean[] {
  const descending = es.toSorted((a, b) => b - a)
  const last = descending.findLastIndex((e, at) => e >= es.length / ((at + 1) * rate))
  const least = descending[last] ?? Number.POSITIVE_INFINITY
  return es.map((e) => e >= least)
}

/**
 * At most this share of promotions is false: share_null · α / (share_null · α + share_good · power), spec C.4. What
 * to tell an administrator before a season, from a guess of how many candidates are any good.
 */
export function boundFalsePromotions(guess: {
  readonly shareGood: number
  readonly power: number
  readonly alpha: number
}): number {
  const wrong = (1 - guess.shareGood) * guess.alpha
  const right = guess.shareGood * guess.power
  return wrong + right === 0 ? 0 : wrong / (wrong + right)
}
