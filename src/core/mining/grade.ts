import type { Grade } from '../evidence.ts'
import type { Contrast } from './contrast.ts'
import { discoveryRate } from './contrast.ts'
import type { Effect } from './finding.ts'

/**
 * B: compared on the same task, with at least ten pairs of sessions that came out differently. C would need
 * a replication on later sessions, which this engine does not compute yet. D: anything else, including
 * whatever does not pass the false discovery rate: seen together, cause unknown. A comes from experiments.
 */
export function gradeContrast(contrast: Contrast, effect: Effect | null): Grade {
  if (!effect || effect.q > discoveryRate) return 'D'
  return effect.adjustedFor === 'task' && contrast.discordantPairs >= 10 ? 'B' : 'D'
}

const minimum = {
  sessionsWith: 8,
  sessionsWithout: 8,
  informativeStrata: 3,
  tasks: 3,
  /** Points of success rate that the interval must stay away from zero by. */
  bound: 0.02,
} as const

/** What a comparison lacks before it may be called a finding, in plain words; null when it lacks nothing. */
export function findLack(contrast: Contrast, effect: Effect | null): string | null {
  if (!effect) return 'no stratum has sessions with and without it and both outcomes'
  if (contrast.sessionsWith < minimum.sessionsWith) {
    return `${contrast.sessionsWith} sessions with it, at least ${minimum.sessionsWith} are needed`
  }
  if (contrast.sessionsWithout < minimum.sessionsWithout) {
    return `${contrast.sessionsWithout} sessions without it, at least ${minimum.sessionsWithout} are needed`
  }
  if (effect.adjustedFor !== 'nothing' && effect.informativeStrata < minimum.informativeStrata) {
    return `${effect.informativeStrata} tasks can compare, at least ${minimum.informativeStrata} are needed`
  }
  if (effect.q > discoveryRate) return `q = ${effect.q.toFixed(2)}, above ${discoveryRate}`
  const bound = effect.riskDifference < 0 ? -effect.high : effect.low
  return bound < minimum.bound ? 'its interval comes too close to zero' : null
}
