import { applyChanges } from '../../core/change/apply.ts'
import { toTimestamp } from '../../core/clock.ts'
import type { Evidence } from '../../core/evidence.ts'
import type { SessionId } from '../../core/ids.ts'
import type { Memory } from '../../core/memory.ts'
import type { Finding } from '../../core/mining/finding.ts'
import { sessionOutcome } from '../../core/outcome/signal.ts'
import { type JudgedChange, type Origin, origins } from '../../core/policy/decision.ts'
import { addedText } from '../../core/policy/facts.ts'
import { type EventBody, eventText } from '../../core/session.ts'
import { utf8Length } from '../../core/utf8-length.ts'
import { listChanges, type StoredChange } from '../../storage/changes.ts'
import type { Reader } from '../../storage/database.ts'
import { listDreamMemories } from '../../storage/dream-memories.ts'
import { type Dream, getDream } from '../../storage/dreams.ts'
import { listFindings } from '../../storage/findings.ts'
import { findMemoryStore } from '../../storage/memory-stores.ts'
import { listOutcomeSignals } from '../../storage/outcome-signals.ts'
import { countOpenProposals, listDreamTimes, measureStoreAt } from '../../storage/policy-history.ts'
import { findEvent } from '../../storage/session-events.ts'
import { findSession } from '../../storage/sessions.ts'
import type { Context } from '../context.ts'

const day = 86_400_000
/** Sizes at so many days ago: what growth is measured from. */
const sizeDays = [1, 7, 14, 30, 90]
const historyDays = 90

/** All changes of one dream, each with all that a policy looks at, as far as it is stored. */
export async function judgeStored(
  context: Context,
  dreamId: Dream['id'],
  moment: JudgedChange['moment'],
): Promise<{ readonly stored: StoredChange; readonly judged: JudgedChange }[]> {
  const given = await context.database.read(async (reader) => {
    const dream = await getDream(reader, dreamId)
    const changes = await listChanges(reader, dreamId)
    return {
      dream,
      changes,
      memories: await listDreamMemories(reader, dreamId),
      findings: (await listFindings(reader, dreamId)).map(({ finding }) => finding),
      facts: await readFacts(reader, changes),
      ...(await readStore(reader, dream, context.clock())),
    }
  })
  const judged: { stored: StoredChange; judged: JudgedChange }[] = []
  for (const stored of given.changes) {
    const one = judgeOne(given, stored, {
      moment,
      now: toTimestamp(context.clock()),
      hash: context.hash,
    })
    const { secrets } = await context.mask([addedText(one)])
    const found = secrets.some((count) => count > 0) ? ['secret'] : []
    judged.push({ stored, judged: { ...one, scans: { ...one.scans, secrets: found } } })
  }
  return judged
}

type Given = Awaited<ReturnType<typeof readStore>> & {
  readonly dream: Dream
  readonly changes: readonly StoredChange[]
  readonly memories: readonly Memory[]
  readonly findings: readonly Finding[]
  readonly facts: Facts
}

function judgeOne(
  given: Given,
  stored: StoredChange,
  { moment, now, hash }: { moment: JudgedChange['moment']; now: string; hash: Context['hash'] },
): JudgedChange {
  const { dream, memories, store, history } = given
  const { change } = stored
  const before = memories.find(({ path }) => path === change.path) ?? null
  const { documents } = applyChanges(before === null ? [] : [before], [change], hash)
  const after = documents.find(({ path }) => path === change.path)?.content ?? null
  const grown = utf8Length(after ?? '') - utf8Length(before?.content ?? '')
  const evidence = describeEvidence(given, stored)
  return {
    moment,
    now,
    change,
    proposedAt: dream.endedAt ?? dream.createdAt,
    proposedBy: [`dream:${dream.id}`],
    document: { before: before?.content ?? null, after },
    store: {
      ...store,
      files: memories.length + (before === null ? 1 : after === null ? -1 : 0),
      bytes: memories.reduce((sum, { content }) => sum + utf8Length(content), 0) + grown,
    },
    evidence,
    dream: describeDream(given),
    history,
    scans: { secrets: null, personalData: null, instructions: null },
    critiques: [],
    taint: change.trust.taint,
    approvals: [],
  }
}

function describeDream({ dream, changes }: Given): JudgedChange['dream'] {
  const edits = changes.flatMap(({ change }) => change.edits)
  const began = Date.parse(dream.startedAt ?? dream.createdAt)
  return {
    changes: changes.length,
    files: new Set(changes.map(({ change }) => change.path)).size,
    addedBytes: edits.reduce((sum, { after }) => sum + utf8Length(after), 0),
    removedBytes: edits.reduce((sum, { before }) => sum + utf8Length(before), 0),
    // No engine with a model exists yet.
    modelTokens: 0,
    costUsd: 0,
    wallClockMs: Math.max(0, Date.parse(dream.endedAt ?? dream.createdAt) - began),
  }
}

function describeEvidence(
  { findings, facts }: Given,
  { change }: StoredChange,
): JudgedChange['evidence'] {
  const behind = findings.filter(({ key }) => change.findingKeys.includes(key))
  const quoted = (polarity: Evidence['polarity']) => [
    ...new Set(
      change.evidence.filter((one) => one.polarity === polarity).map((one) => one.sessionId),
    ),
  ]
  const supporting = quoted('supports')
  const sessions = Math.max(supporting.length, ...behind.map(({ support }) => support.sessions))
  const best = behind.toSorted((a, b) => b.support.sessions - a.support.sessions)[0]
  const effect = best?.effect ?? null
  const times = supporting.flatMap((id) => facts.sessions.get(id)?.startedAt ?? [])
  const found = change.evidence.flatMap((one) => facts.origins.get(one.eventId) ?? [])
  return {
    quotes: change.evidence.filter(({ polarity }) => polarity === 'supports').length,
    unresolved: change.evidence.filter((one) => !facts.origins.has(one.eventId)).length,
    altered: change.evidence.filter((one) => facts.altered.has(one)).length,
    sessions,
    outcomes: effect
      ? sessions
      : supporting.filter((id) => facts.sessions.get(id)?.isDecided === true).length,
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

interface Facts {
  readonly sessions: ReadonlyMap<
    SessionId,
    { readonly startedAt: string | null; readonly isDecided: boolean }
  >
  /** By the event's id; one that is not there has none. */
  readonly origins: ReadonlyMap<string, Origin>
  /** Quotes whose words do not stand there. */
  readonly altered: ReadonlySet<Evidence>
}

async function readFacts(reader: Reader, changes: readonly StoredChange[]): Promise<Facts> {
  const pieces = changes.flatMap(({ change }) => change.evidence)
  const ids = [...new Set(pieces.map(({ sessionId }) => sessionId))]
  const signals = Map.groupBy(await listOutcomeSignals(reader, ids), (one) => one.sessionId)
  const sessions = new Map<SessionId, { startedAt: string | null; isDecided: boolean }>()
  for (const id of ids) {
    const stored = await findSession(reader, id)
    if (!stored) continue
    const { success } = sessionOutcome(signals.get(id) ?? [])
    sessions.set(id, { startedAt: stored.session.startedAt, isDecided: success !== null })
  }
  const found = new Map<string, Origin>()
  const altered = new Set<Evidence>()
  for (const piece of pieces) {
    const event = sessions.has(piece.sessionId) ? await findEvent(reader, piece) : null
    if (!event) continue
    found.set(piece.eventId, originOf(event.body))
    if (eventText(event.body).slice(piece.start, piece.end) !== piece.text) altered.add(piece)
  }
  return { sessions, origins: found, altered }
}

async function readStore(reader: Reader, { inputStoreId }: Dream, nowMs: number) {
  const store = await findMemoryStore(reader, inputStoreId)
  const sizes: { at: string; bytes: number }[] = []
  for (const days of sizeDays) {
    const at = toTimestamp(nowMs - days * day)
    sizes.push({ at, bytes: await measureStoreAt(reader, inputStoreId, at) })
  }
  const since = toTimestamp(nowMs - historyDays * day)
  const dreams = await listDreamTimes(reader, inputStoreId, since)
  return {
    store: {
      id: inputStoreId,
      name: store?.name ?? '',
      sizes,
      openProposals: await countOpenProposals(reader, inputStoreId),
    },
    history: {
      dreams: dreams.map(({ at }) => ({ at, costUsd: 0 })),
      applied: dreams.flatMap(({ at, applied }) => Array.from({ length: applied }, () => at)),
    },
  }
}

/** Who said it, by the kind of event; what a tool answered may come from anywhere. */
function originOf({ type }: EventBody): Origin {
  if (type === 'user.message') return 'user'
  if (type === 'system.message') return 'operator'
  return type.endsWith('_result') || type === 'session.error' ? 'untrusted' : 'agent'
}
