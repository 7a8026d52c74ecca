import type { OutcomeSignalId, SessionId } from '../ids.ts'
import type { Join } from './join.ts'
import type { Components, Subject } from './signal.ts'

/** A signal with what it was joined to. One that an import brought has no key and its session alone. */
export interface StoredSignal {
  readonly id: OutcomeSignalId
  readonly source: string
  readonly idempotencyKey: string | null
  readonly kind: string
  readonly value: number | null
  readonly success: boolean | null
  readonly components: Components
  readonly decidedAt: string | null
  readonly createdAt: string
  readonly principal: string | null
  readonly signed: boolean
  readonly final: boolean | null
  readonly subjects: readonly Subject[]
  readonly explanation: string | null
  readonly sessionId: SessionId | null
  readonly joins: readonly Join[]
  readonly unmatchedReason: string | null
}
