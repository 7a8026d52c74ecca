import { CelScalar, celEnv, isCelError, mapType, parse, plan } from '@bufbuild/cel'
import type { Json } from '../session.ts'
import type { Headers } from './signature.ts'

/** What a condition and a mapping see of a delivery. */
export interface DeliveryFacts {
  readonly event: string
  readonly headers: Headers
  readonly payload: Json
}

const env = celEnv({
  variables: {
    event: CelScalar.STRING,
    headers: mapType(CelScalar.STRING, CelScalar.STRING),
    payload: CelScalar.DYN,
  },
})

export type Answer =
  | { readonly type: 'answered'; readonly holds: boolean }
  | { readonly type: 'failed'; readonly reason: string }

/** Whether a delivery is wanted; one that cannot be judged is a failure that somebody should see. */
export function judgeCondition(condition: string, facts: DeliveryFacts): Answer {
  try {
    const result = plan(env, parse(condition))({ ...facts, payload: facts.payload as never })
    if (isCelError(result)) return failed(result.message)
    if (typeof result === 'boolean') return { type: 'answered', holds: result }
    return failed('it gives no true or false')
  } catch (cause) {
    return failed(cause instanceof Error ? cause.message : String(cause))
  }
}

/** Why the text is no CEL, or null. Whether it gives true or false shows only on a delivery. */
export function findConditionFault(condition: string): string | null {
  try {
    plan(env, parse(condition))
    return null
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

const failed = (why: string): Answer => ({ type: 'failed', reason: `condition: ${why}` })
