import type { OutcomeSignalId, SessionId } from '../core/ids.ts'
import { describedRuleKeys, eventRuleKeys, type JoinRule } from '../core/outcome/join-rule.ts'
import type { Reader } from './database.ts'
import { listEvents } from './session-events.ts'
import { listSessions, type StoredSession } from './sessions.ts'

export interface JoinTrial {
  readonly joined: number
  readonly signals: number
  readonly sessions: number
  readonly examples: readonly {
    readonly signalId: OutcomeSignalId
    readonly sessionId: SessionId
    readonly value: string
  }[]
}

/** So that an answer takes seconds at most, whatever is stored. */
const mostSignals = 10_000
const mostSessions = 500
const mostEvents = 200
const mostExamples = 10

/** What a rule would join of the newest unmatched signals with the newest sessions. */
export async function tryJoinRule(reader: Reader, rule: JoinRule): Promise<JoinTrial> {
  const waiting = await reader.read
    .selectFrom('outcome_signals')
    .innerJoin('signal_keys', 'signal_keys.signal_id', 'outcome_signals.id')
    .select(['signal_keys.signal_id', 'signal_keys.value'])
    .where('outcome_signals.unmatched_reason', 'is not', null)
    .where('signal_keys.type', '=', rule.subjectType)
    .orderBy('outcome_signals.created_at', 'desc')
    .orderBy('outcome_signals.id', 'desc')
    .limit(mostSignals)
    .execute()
  const signals = new Set(waiting.map(({ signal_id }) => signal_id)).size
  if (signals === 0) return { joined: 0, signals: 0, sessions: 0, examples: [] }
  const byValue = Map.groupBy(waiting, ({ value }) => value)
  const { sessions } = await listSessions(reader, { limit: mostSessions })
  const joined = new Map<OutcomeSignalId, { sessionId: SessionId; value: string }>()
  for (const stored of sessions) {
    for (const { value } of await cutRule(reader, rule, stored)) {
      for (const { signal_id } of byValue.get(value) ?? []) {
        if (!joined.has(signal_id)) joined.set(signal_id, { sessionId: stored.session.id, value })
      }
    }
  }
  const examples = [...joined].slice(0, mostExamples)
  return {
    joined: joined.size,
    signals,
    sessions: sessions.length,
    examples: examples.map(([signalId, found]) => ({ signalId, ...found })),
  }
}

async function cutRule(reader: Reader, rule: JoinRule, { session, metadata }: StoredSession) {
  const said = { ...session.labels, ...metadata }
  const described = describedRuleKeys([rule], { title: session.title, said })
  if (rule.type === 'metadata' || rule.where.every((place) => place === 'title')) return described
  const { events } = await listEvents(reader, { sessionId: session.id, limit: mostEvents })
  return [...described, ...eventRuleKeys([rule], events, { fromStart: true })]
}
