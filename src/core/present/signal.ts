import { polarityOf } from '../outcome/signal.ts'
import type { StoredSignal } from '../outcome/stored-signal.ts'

/** An outcome signal in the shape of the contract. */
export function presentSignal(signal: StoredSignal) {
  return {
    id: signal.id,
    type: 'outcome_signal' as const,
    source: signal.source,
    idempotency_key: signal.idempotencyKey,
    kind: signal.kind,
    value: signal.value,
    success: signal.success,
    polarity: polarityOf(signal),
    components: { ...signal.components },
    decided_at: signal.decidedAt,
    received_at: signal.createdAt,
    principal: signal.principal,
    signed: signal.signed,
    final: signal.final,
    subjects: signal.subjects.map(({ type, value }) => ({ type, value })),
    explanation: signal.explanation,
    session_id: signal.sessionId,
    joins: signal.joins.map(({ sessionId, exposureId, via, confidence }) => ({
      session_id: sessionId,
      exposure_id: exposureId,
      via,
      confidence,
    })),
    unmatched_reason: signal.unmatchedReason,
  }
}
