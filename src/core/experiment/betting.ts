import type { Score } from './centre.ts'

/**
 * A test supermartingale of H0: sign · effect ≤ δ0 for every unit. Five bettors, each sure of another effect
 * beyond the null, multiply their capital by 1 + λ(sign·Z − δ0); E is their weighted mean. While H0 holds, the
 * chance that E ever reaches 1/α is at most α, for every n, stopping rule, drift, mix of tasks and ramp
 * (Ville; spec C.2; Waudby-Smith & Ramdas 2024).
 */
export interface EProcess {
  /** Logarithm of each bettor's capital. */
  readonly logs: readonly number[]
  /** The largest log E so far; its inverse is the always-valid p. */
  readonly largest: number
}

/** The null that is bet against. */
export interface Null {
  /** 1: the candidate is not better; −1: it is not worse. */
  readonly sign: 1 | -1
  readonly delta: number
}

/** By how much each bettor believes the effect to be beyond the null, and the share of the capital it starts with. */
export const beliefs: readonly number[] = [0.02, 0.05, 0.1, 0.2, 0.4]
export const shares: readonly number[] = [0.1, 0.25, 0.3, 0.25, 0.1]

/** No bettor ever stakes more than this part of what it could lose. */
const mostStaked = 0.9

/** E = 1, or what an earlier test of the same change and goal came to: such evidence may be multiplied (spec C.15). */
export function openProcess(logE = 0): EProcess {
  return { logs: beliefs.map(() => logE), largest: Math.max(logE, 0) }
}

/** λ_j = min(π(1−π)/v · D_j, .9 / (B + δ0)), which only what was known before the coin determines. */
export function advance(process: EProcess, score: Score, { sign, delta }: Null): EProcess {
  const cap = capOf(sign > 0 ? score.mostDown : score.mostUp, delta)
  const gain = sign * score.z - delta
  const logs: number[] = []
  for (let j = 0; j < beliefs.length; j += 1) {
    const staked = Math.min(score.stake * (beliefs[j] as number), cap)
    logs.push((process.logs[j] as number) + Math.log1p(staked * gain))
  }
  return { logs, largest: Math.max(process.largest, logMixture(logs)) }
}

/** The largest λ that keeps every factor above zero. `most`: B, the largest possible loss. */
export function capOf(most: number, delta: number): number {
  return mostStaked / Math.max(most + delta, 1e-9)
}

/** log E = log Σ w_j exp(log K_j), without overflow. */
export function logMixture(logs: readonly number[]): number {
  let [top, sum] = [Number.NEGATIVE_INFINITY, 0]
  for (const log of logs) top = Math.max(top, log)
  for (let j = 0; j < logs.length; j += 1) {
    sum += (shares[j] as number) * Math.exp((logs[j] as number) - top)
  }
  return top + Math.log(sum)
}

/** E now. */
export function evidenceOf(process: EProcess): number {
  return toEvidence(logMixture(process.logs))
}

/** The largest E so far: what an alarm goes by, which nobody can sleep through. */
export function largestEvidence(process: EProcess): number {
  return toEvidence(process.largest)
}

/** p = min(1, 1 / max E): holds at every moment. */
export function alwaysValidP(process: EProcess): number {
  return Math.min(1, Math.exp(-process.largest))
}

/** e^700 is as much as a number can say. */
const toEvidence = (logE: number) => Math.exp(Math.min(logE, 700))
