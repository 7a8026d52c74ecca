import type { SessionId } from '../ids.ts'
import type { JsonObject } from '../session.ts'
import { evaluationResultSignal } from './evaluations.ts'
import type { Components, NewSignal, Subject } from './signal.ts'

/** A signal as the wire spells it. */
interface SentFact {
  readonly source: string
  readonly idempotency_key: string
  readonly kind: string
  readonly value?: number | null | undefined
  readonly success?: boolean | null | undefined
  readonly components?: Components | undefined
  readonly decided_at?: string | null | undefined
  readonly principal?: string | null | undefined
  readonly subjects?: readonly Subject[] | undefined
  readonly session_id?: string | null | undefined
  readonly explanation?: string | null | undefined
  readonly final?: boolean | null | undefined
}

interface SentEvaluation {
  readonly name: 'gen_ai.evaluation.result'
  readonly source: string
  readonly trace_id?: string | null | undefined
  readonly span_id?: string | null | undefined
  readonly timestamp?: string | null | undefined
  readonly attributes: JsonObject
}

/** What is sent by hand or over the API is vouched for by whoever may, not by a signature over its bytes. */
export function toSignal(sent: SentFact | SentEvaluation): NewSignal {
  if ('attributes' in sent) {
    return evaluationResultSignal({
      source: sent.source,
      traceId: sent.trace_id ?? null,
      spanId: sent.span_id ?? null,
      at: sent.timestamp ?? null,
      attributes: sent.attributes,
    })
  }
  return {
    source: sent.source,
    idempotencyKey: sent.idempotency_key,
    kind: sent.kind,
    value: sent.value ?? null,
    success: sent.success ?? null,
    components: sent.components ?? {},
    decidedAt: sent.decided_at ?? null,
    principal: sent.principal ?? null,
    signed: false,
    subjects: sent.subjects ?? [],
    explanation: sent.explanation ?? null,
    sessionId: (sent.session_id ?? null) as SessionId | null,
    final: sent.final ?? null,
  }
}
