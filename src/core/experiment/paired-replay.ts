import { advance, type EProcess, openProcess } from './betting.ts'
import type { Score } from './centre.ts'
import { type ConfidenceSequence, commitScore, openConfidence } from './confidence-sequence.ts'

/**
 * The same stored task, run with either version in a sandbox (spec C.8): D = Y(candidate) − Y(incumbent) in [−1, 1].
 * Pairing takes the task's difficulty out; who ran first must be random or make no difference. Evidence of this
 * kind opens the canary, and promotes only where the policy says that replay suffices.
 */
export interface ReplayState {
  readonly pairs: number
  readonly sum: number
  readonly squares: number
  readonly better: EProcess
  readonly worse: EProcess
  readonly confidence: ConfidenceSequence
}

export function openReplay(): ReplayState {
  const process = openProcess()
  return {
    pairs: 0,
    sum: 0,
    squares: 0,
    better: process,
    worse: process,
    confidence: openConfidence(),
  }
}

/** λ_j = min(D_j / v̂, .9 / (1 + δ0)) with v̂ = (ΣD² + 3) / (n + 10) of earlier pairs. */
export function commitPair(
  state: ReplayState,
  pair: { readonly candidate: number; readonly incumbent: number },
): ReplayState {
  const difference = pair.candidate - pair.incumbent
  const spread = (state.squares + 3) / (state.pairs + 10)
  const score: Score = { z: difference, stake: 1 / spread, mostDown: 1, mostUp: 1 }
  return {
    pairs: state.pairs + 1,
    sum: state.sum + difference,
    squares: state.squares + difference * difference,
    better: advance(state.better, score, { sign: 1, delta: 0 }),
    worse: advance(state.worse, score, { sign: -1, delta: 0 }),
    confidence: commitScore(state.confidence, score),
  }
}
