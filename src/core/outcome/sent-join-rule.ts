import { DomainError } from '../errors.ts'
import { findPatternFault } from '../policy/rules/patterns.ts'
import type { JoinRule } from './join-rule.ts'

type Place = Extract<JoinRule, { type: 'pattern' }>['where'][number]

/** A join rule as the wire spells it, its fields checked and filled in. */
type SentRule = { readonly name: string; readonly subject_type: string } & (
  | { readonly type: 'pattern'; readonly pattern: string; readonly where: readonly Place[] }
  | { readonly type: 'metadata'; readonly metadata: string }
)

/** Refuses a pattern that is not RE2. */
export function toJoinRule(sent: SentRule): JoinRule {
  const { name, subject_type: subjectType } = sent
  if (sent.type === 'metadata')
    return { name, type: 'metadata', subjectType, metadata: sent.metadata }
  const fault = findPatternFault(sent.pattern)
  if (fault !== null) {
    throw new DomainError(
      'invalid_argument',
      `pattern: ${fault.slice(0, 300)}; it has to be RE2, which has no lookaround and no backreferences.`,
    )
  }
  return { name, type: 'pattern', subjectType, pattern: sent.pattern, where: sent.where }
}

interface StoredRule {
  readonly rule: JoinRule
  readonly createdAt: string
}

export function presentJoinRule({ rule, createdAt }: StoredRule) {
  const { name, subjectType: subject_type } = rule
  const shown = { name, subject_type, created_at: createdAt }
  return rule.type === 'metadata'
    ? { ...shown, type: rule.type, metadata: rule.metadata }
    : { ...shown, type: rule.type, pattern: rule.pattern, where: [...rule.where] }
}

export interface Trial {
  readonly joined: number
  readonly signals: number
  readonly sessions: number
  readonly examples: readonly {
    readonly signalId: string
    readonly sessionId: string
    readonly value: string
  }[]
}

export const presentTrial = ({ joined, signals, sessions, examples }: Trial) => ({
  signals_joined: joined,
  signals_tried: signals,
  sessions_tried: sessions,
  examples: examples.map(({ signalId, sessionId, value }) => ({
    outcome_signal_id: signalId,
    session_id: sessionId,
    value,
  })),
})
