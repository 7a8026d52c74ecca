import { matchesGlob } from './glob.ts'
import type { AllowRule } from './policy.ts'

const rank = ['low', 'medium', 'high', 'critical']

/**
 * What the child's rules allow that some list of the parent cannot be shown to allow, for people; null: nothing.
 * Whatever this overlooks is still refused when a change is judged: every list of the chain has to allow it.
 */
export function findUncovered(
  parent: readonly (readonly AllowRule[])[],
  child: readonly (readonly AllowRule[])[],
): string | null {
  for (const rule of child.flat()) {
    for (const path of rule.paths) {
      for (const operation of rule.operations) {
        const covered = parent.every((list) =>
          list.some((wider) => coversOperation(wider, operation) && coversPath(wider, path)),
        )
        if (!covered) return `${operation} of ${path} lies in no path that the parent allows it for`
        const lowered = parent
          .flat()
          .find(
            (wider) =>
              rule.risk !== null &&
              wider.risk !== null &&
              wider.paths.includes(path) &&
              rank.indexOf(rule.risk) < rank.indexOf(wider.risk),
          )
        if (lowered) return `risk ${rule.risk} of ${path} is lower than ${lowered.risk}`
      }
    }
  }
  return null
}

const coversOperation = ({ operations }: AllowRule, operation: AllowRule['operations'][number]) =>
  operations.includes('*') || operations.includes(operation)

const coversPath = ({ paths }: AllowRule, path: string) =>
  paths.some((wider) => isWithin(wider, path))

/** Whether everything that `pattern` matches is matched by `wider`, as far as it can be shown simply. */
function isWithin(wider: string, pattern: string): boolean {
  if (wider === pattern || wider === '/**' || wider === '**') return true
  const literal = /^[^*?[\]{}()!+@]*/.exec(pattern)?.[0] ?? ''
  if (literal === pattern) return matchesGlob(wider, pattern)
  const folder = /^([^*?[\]{}()!+@]*\/)\*\*$/.exec(wider)?.[1]
  return folder !== undefined && literal.startsWith(folder)
}
