import { findSignals, type Reason, type Signals, type Turn } from './signals.ts'

/** A turn that may have decided a failed run, with its share of the suspicion and why. */
export interface Suspect {
  readonly index: number
  /** In [0, 1]; the suspects of a run sum to 1. How often the first is right, the bench `blame` measures. */
  readonly score: number
  /** What speaks for it, the strongest first; empty when only its place does. */
  readonly reasons: readonly Reason[]
}

export type Weights = Readonly<Record<Reason, number>>

/**
 * Ranks the turns of a failed run by how likely people would blame them, without a model: a weighted sum of
 * signs that can be read. Ties go to the earlier turn. Empty when no turn is anybody's act.
 */
export function blame(turns: readonly Turn[], weights: Weights = fitted): Suspect[] {
  const candidates = findSignals(turns)
  const scores = candidates.map(({ signals }) => scoreSignals(signals, weights))
  const highest = Math.max(...scores)
  const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0)
  return candidates
    .map(({ turn, signals }, at) => ({
      index: turn.index,
      score: Math.exp((scores[at] ?? 0) - highest) / total,
      reasons: explain(signals, weights),
    }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
}

export function scoreSignals(signals: Signals, weights: Weights): number {
  return names(signals).reduce((sum, name) => sum + signals[name] * weights[name], 0)
}

function explain(signals: Signals, weights: Weights): Reason[] {
  return names(signals)
    .map((name) => ({ name, force: signals[name] * weights[name] }))
    .filter(({ force }) => force > 0)
    .toSorted((a, b) => b.force - a.force)
    .map(({ name }) => name)
}

const names = (signals: Signals) => Object.keys(signals) as Reason[]

/** Fitted by the bench `blame` on 54 of the 103 runs of Who&When, which prints them anew. */
export const fitted: Weights = {
  'works at something else than what was asked': 2.84,
  'only passes the task on': -1.26,
  'its code failed': 0.75,
  'first failure of the run': 0.54,
  'guesses or makes data up': 0.78,
  'states figures that nobody looked up': 0.34,
  'comes late': -0.35,
}
