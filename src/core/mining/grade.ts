import type { Grade } from '../evidence.ts'
import type { Contrast, RawEffect } from './contrast.ts'

/**
 * B: compared on the same task, with at least ten pairs of sessions that came out differently, and in the
 * agents' own terms where several worked. C: same type of task as the source names it, and seen again in
 * the same direction on the part held back. D: anything else: seen together, cause unknown; clusters of
 * requests are too coarse to be better. A comes from experiments only. Whoever calls has tested it already.
 */
export function gradeContrast({ discordantPairs, effect }: Contrast): Grade {
  if (!effect || !isReplicated(effect)) return 'D'
  const untangled = effect.agents < 2 || effect.agentAdjusted !== null
  if (effect.adjustedFor === 'task') return discordantPairs >= 10 && untangled ? 'B' : 'C'
  return effect.adjustedFor === 'task_type' && untangled ? 'C' : 'D'
}

function isReplicated({ riskDifference, replication }: RawEffect): boolean {
  return (replication.riskDifference ?? 0) * riskDifference > 0
}

const minimum = {
  sessionsWith: 8,
  sessionsWithout: 8,
  informativeStrata: 3,
  tasks: 3,
  principals: 2,
  largestShare: 0.5,
  /** p of no difference when the tasks are a sample: what turns around from task to task is no rule. */
  acrossP: 0.1,
  /** Points of success rate that the interval must stay away from zero by. */
  bound: 0.02,
} as const

/** What a comparison lacks before it may be called a finding, in plain words; null when it lacks nothing. */
export function findLack(contrast: Contrast): string | null {
  const { effect, support } = contrast
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
  if (support.tasks > 0 && support.tasks < minimum.tasks) {
    return `seen on ${support.tasks} tasks, at least ${minimum.tasks} are needed`
  }
  if (support.principals > 0 && support.principals < minimum.principals) {
    return 'seen with one person only, at least 2 are needed'
  }
  if (support.principals > 0 && support.largestShare > minimum.largestShare) {
    return 'one person stands behind more than half of it'
  }
  if (effect.across && effect.across.p > minimum.acrossP) {
    const { agree, strata } = effect.across
    return `it differs from task to task: ${agree} of ${strata} go the same way`
  }
  const bound = effect.riskDifference < 0 ? -effect.high : effect.low
  return bound < minimum.bound ? 'its interval comes too close to zero' : null
}
