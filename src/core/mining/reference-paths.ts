import type { Candidate, Patterns } from './candidate.ts'
import { cite } from './cite.ts'
import type { Population } from './population.ts'
import { listCalls, type TaskPath } from './task-path.ts'

const fewestShared = 2

/**
 * How tasks of one type go when they go well: the way that successful sessions take most, or the calls that
 * nearly all of them make. A description of what worked, not a claim that it works.
 */
export function mineReferencePaths(population: Population, paths: readonly TaskPath[]): Patterns {
  return {
    kind: 'reference_path',
    considered: paths.length,
    tested: false,
    candidates: paths.flatMap((path) => toCandidate(population, path)),
    silences: [],
  }
}

function toCandidate({ cases, types, lexicon }: Population, path: TaskPath): Candidate[] {
  const { taskType, reference, sharedCalls, successes, successfulVariants } = path
  const calls = reference?.calls ?? sharedCalls.map(({ tool }) => tool)
  if (calls.length < fewestShared) return []
  const acts = calls.map((call) => lexicon.find(call))
  const follows = (index: number) => {
    const one = cases[index]
    if (!one?.success || types.of[index] !== taskType) return false
    const made = listCalls(one)
    return reference
      ? made.length === acts.length && made.every((act, at) => act === acts[at])
      : acts.every((act) => made.includes(act))
  }
  const members = cases.flatMap((_, index) => (follows(index) ? [index] : []))
  const title = reference
    ? `Successful ${taskType} sessions mostly go the same way`
    : `Nearly all successful ${taskType} sessions make the same calls`
  return [
    {
      members,
      standing: 'counted',
      name: title,
      describe: () => ({
        key: `reference_path:${taskType}`,
        title,
        detail: {
          kind: 'reference_path',
          calls,
          inOrder: reference !== null,
          following: members.length,
          successes,
          variants: successfulVariants,
        },
        citations: cite({
          supports: members.flatMap((index) => {
            const one = cases[index]
            return one && one.steps.to > one.steps.from
              ? [{ one, of: 'call' as const, index: 0 }]
              : []
          }),
        }),
      }),
    },
  ]
}
