import { matchesCel } from '../cel.ts'
import { type JudgedChange, type Risk, risks } from '../decision.ts'
import { changedPercent, operationOf } from '../facts.ts'
import type { PolicySpec, RiskRule } from '../policy.ts'
import { isAlwaysLoaded } from './always-loaded.ts'
import { findScope } from './scope.ts'

export interface RiskHit {
  readonly rule: string
  readonly value: string
  readonly level: Risk
}

/** The path's own risk, else the default; every rule that is met can only raise it. */
export function assessRisk(
  spec: PolicySpec,
  judged: JudgedChange,
): { readonly risk: Risk; readonly hits: readonly RiskHit[] } {
  const hits = spec.risk.rules.flatMap((rule) => {
    const value = findHit(rule, spec, judged)
    return value === null ? [] : [{ rule: `risk.rules.${rule.id}`, value, level: rule.level }]
  })
  const named = findScope(spec, judged).risks
  const base = named.length > 0 ? named : [spec.risk.default]
  return { risk: highest([...base, ...hits.map(({ level }) => level)]), hits }
}

export const highest = (all: readonly Risk[]): Risk =>
  risks.findLast((risk) => all.includes(risk)) ?? 'critical'

/** What met every condition of the rule; a rule without conditions is always met. */
function findHit({ when }: RiskRule, spec: PolicySpec, judged: JudgedChange): string | null {
  const operation = operationOf(judged.change)
  if (when.operations !== null && !when.operations.includes(operation)) return null
  if (when.touches === 'alwaysLoaded' && !isAlwaysLoaded(spec, judged)) return null
  const percent = changedPercent(judged)
  if (when.changedPercentAbove !== null && percent <= when.changedPercentAbove) return null
  if (when.cel !== null && !matchesCel(when.cel, judged)) return null
  return `${operation} ${judged.change.path}`
}
