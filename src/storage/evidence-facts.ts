import type { ProposedChange } from '../core/change/change.ts'
import type { Evidence } from '../core/evidence.ts'
import type { DreamId, SessionId } from '../core/ids.ts'
import type { Finding } from '../core/mining/finding.ts'
import { sessionOutcome } from '../core/outcome/signal.ts'
import { type JudgedChange, origins } from '../core/policy/decision.ts'
import { refuseOutcome } from '../core/policy/inputs.ts'
import type { Policy } from '../core/policy/policy.ts'
import type { Reader } from './database.ts'
import { listOutcomeSignals } from './outcome-signals.ts'
import { checkQuotes, type QuoteState } from './quotes-in-context.ts'
import { findSession } from './sessions.ts'

type JudgedEvidence = JudgedChange['evidence']

/** What stands behind each of a dream's changes, as policies and critics count it; in their order. */
export async function readEvidenceFacts(
  reader: Reader,
  dreamId: DreamId,
  given: {
    readonly changes: readonly ProposedChange[]
    readonly findings: readonly Finding[]
    /** Of the store: outcomes that they keep from dreams count for nothing. */
    readonly policies: readonly Policy[]
  },
): Promise<JudgedEvidence[]> {
  const quotes = await checkQuotes(
    reader,
    dreamId,
    given.changes.flatMap(({ evidence }) => evidence),
  )
  const sessions = await readSessions(reader, given.policies, given.changes)
  const findings = new Map(given.findings.map((finding) => [finding.key, finding]))
  return given.changes.map((change) => {
    const behind = change.findingKeys.flatMap((key) => findings.get(key) ?? [])
    return describe(change, { behind, sessions, quotes })
  })
}

interface SessionFacts {
  readonly startedAt: string | null
  readonly isDecided: boolean
}

interface Found {
  readonly behind: readonly Finding[]
  readonly sessions: ReadonlyMap<SessionId, SessionFacts>
  readonly quotes: ReadonlyMap<Evidence, QuoteState>
}

function describe(change: ProposedChange, { behind, sessions: known, quotes }: Found) {
  const quoted = (polarity: Evidence['polarity']) => [
    ...new Set(
      change.evidence.filter((one) => one.polarity === polarity).map((one) => one.sessionId),
    ),
  ]
  const count = (state: QuoteState) =>
    change.evidence.filter((one) => quotes.get(one) === state).length
  const supporting = quoted('supports')
  const sessions = Math.max(supporting.length, ...behind.map(({ support }) => support.sessions))
  const best = behind.toSorted((a, b) => b.support.sessions - a.support.sessions)[0]
  const effect = best?.effect ?? null
  const times = supporting.flatMap((id) => known.get(id)?.startedAt ?? [])
  const found = change.evidence.map(({ taint }) => taint)
  return {
    quotes: change.evidence.filter(({ polarity }) => polarity === 'supports').length,
    unresolved: count('missing'),
    altered: count('altered'),
    sessions,
    outcomes: effect ? sessions : supporting.filter((id) => known.get(id)?.isDecided).length,
    contradictingSessions: quoted('contradicts').length,
    // A comparison has looked at the sessions without the pattern.
    counterSearched: effect !== null,
    principals: Math.max(best?.support.principals ?? 0, sessions > 0 ? 1 : 0),
    largestShare: (best?.support.principals ?? 0) === 0 ? 1 : (best?.support.largestShare ?? 1),
    days: new Set(times.map((at) => at.slice(0, 10))).size,
    newestAt: times.toSorted().at(-1) ?? null,
    maxOrigin: origins.find((origin) => found.includes(origin)) ?? null,
    instructedBy: null,
    contrast: effect
      ? {
          gap: effect.riskDifference,
          confidence: effect.low <= 0 && effect.high >= 0 ? 0 : effect.level,
        }
      : null,
  }
}

async function readSessions(
  reader: Reader,
  policies: readonly Policy[],
  changes: readonly ProposedChange[],
): Promise<Map<SessionId, SessionFacts>> {
  const pieces = changes.flatMap(({ evidence }) => evidence)
  const ids = [...new Set(pieces.map(({ sessionId }) => sessionId))]
  const heard = (await listOutcomeSignals(reader, ids)).filter(
    (signal) => refuseOutcome(policies, signal).length === 0,
  )
  const signals = Map.groupBy(heard, (one) => one.sessionId)
  const sessions = new Map<SessionId, SessionFacts>()
  for (const id of ids) {
    const stored = await findSession(reader, id)
    if (!stored) continue
    const { success } = sessionOutcome(signals.get(id) ?? [])
    sessions.set(id, { startedAt: stored.session.startedAt, isDecided: success !== null })
  }
  return sessions
}
