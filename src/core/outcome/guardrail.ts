import type { OutcomeDefinition } from './definition.ts'
import { decideGoal, type GoalSignal } from './goal.ts'

/** What must not get worse while the goal gets better, as a score in [0, 1]. */
export type Guardrail =
  | {
      readonly name: string
      readonly measure: 'tokens' | 'active_seconds' | 'turns'
      /** What is usual: scores 1/2. */
      readonly reference: number
    }
  | { readonly name: string; readonly measure: 'signals'; readonly definition: OutcomeDefinition }

/** What a session used; null: nobody counted. */
export interface SessionUse {
  readonly tokens: number | null
  readonly activeSeconds: number | null
  readonly turns: number | null
}

/** Null: not known (yet). */
export function scoreGuardrail(
  guardrail: Guardrail,
  use: SessionUse,
  signals: readonly GoalSignal[],
): number | null {
  if (guardrail.measure === 'signals') {
    return decideGoal(guardrail.definition, signals)?.value ?? null
  }
  const used = { tokens: use.tokens, active_seconds: use.activeSeconds, turns: use.turns }
  const amount = used[guardrail.measure]
  return amount === null ? null : scoreAmount(amount, guardrail.reference)
}

/** 1/2 at the reference, 0 at four times as much, 1 at a quarter; 5 points are some 15 %. */
export function scoreAmount(amount: number, reference: number): number {
  if (amount <= 0) return 1
  const score = 0.5 - Math.log(amount / reference) / (2 * Math.log(4))
  return Math.min(Math.max(score, 0), 1)
}
