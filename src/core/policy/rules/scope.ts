import type { JudgedChange, Risk } from '../decision.ts'
import { operationOf } from '../facts.ts'
import { matchesGlob } from '../glob.ts'
import type { AllowRule, DenyRule, PolicySpec } from '../policy.ts'
import { deny, type Gate, none } from './gate.ts'

type Where = Pick<DenyRule, 'paths' | 'operations'>

/** Denials win, whatever allows the path. */
export const scopeDeny: Gate = {
  rule: 'scope.deny',
  judge(spec, judged) {
    const hit = spec.scope.deny.find((rule) => isMet(rule, judged))
    if (!hit) return none
    return deny(describe(judged), `none of ${hit.paths.join(', ')}: ${hit.reason}`)
  },
}

/** Every policy of the chain that lists what is allowed has to allow it; where none does, the default decides. */
export const scopeAllow: Gate = {
  rule: 'scope.allow',
  judge(spec, judged) {
    const refused = spec.scope.allow.some((list) => findLast(list, judged) === null)
    if (refused && spec.scope.default === 'deny') return deny(describe(judged), 'an allowed path')
    return none
  },
}

/** With no list at all. */
export const scopeDefault: Gate = {
  rule: 'scope.default',
  judge(spec, judged) {
    if (spec.scope.allow.length > 0 || spec.scope.default === 'allow') return none
    return deny(describe(judged), 'an allowed path; scope.allow lists none')
  },
}

/** What the rules that allow it say of its risk and reviewers; the last match of each list speaks. */
export function findScope(
  spec: PolicySpec,
  judged: JudgedChange,
): { readonly risks: readonly Risk[]; readonly reviewers: readonly (readonly string[])[] } {
  const rules = spec.scope.allow.flatMap((list) => findLast(list, judged) ?? [])
  return {
    risks: rules.flatMap(({ risk }) => risk ?? []),
    reviewers: rules.flatMap(({ reviewers }) => (reviewers.length > 0 ? [reviewers] : [])),
  }
}

const findLast = (list: readonly AllowRule[], judged: JudgedChange): AllowRule | null =>
  list.findLast((rule) => isMet(rule, judged)) ?? null

function isMet({ paths, operations }: Where, { change }: JudgedChange): boolean {
  const operation = operationOf(change)
  return (
    (operations.includes('*') || operations.includes(operation)) &&
    paths.some((pattern) => matchesGlob(pattern, change.path))
  )
}

const describe = ({ change }: JudgedChange) => `${operationOf(change)} ${change.path}`
