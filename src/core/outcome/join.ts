import type { ExposureId, SessionId } from '../ids.ts'
import type { Subject } from './signal.ts'
import { type Confidence, keyStrength } from './subject.ts'
import { isInWindow, type Span, workLookups, workWindow } from './work-window.ts'

/** One row of what a signal's keys were found to be equal to. */
export interface KeyHit {
  readonly type: string
  readonly value: string
  readonly sessionId: SessionId | null
  readonly exposureId: ExposureId | null
  /** `own`, `metadata`, `events`, `rule:NAME`. */
  readonly via: string
  readonly confidence: Confidence
  /** When the session worked; only of a work window. */
  readonly span?: Span
}

/** What a signal says of what it is about. */
export interface About {
  readonly subjects: readonly Subject[]
  /** When it was decided, or heard where nobody says. */
  readonly at: string
}

export interface Join {
  readonly sessionId: SessionId | null
  readonly exposureId: ExposureId | null
  readonly via: string
  readonly confidence: Confidence
}

type UnmatchedReason =
  | 'no_subject'
  | 'session_unknown'
  | 'exposure_unknown'
  | 'key_unknown'
  | 'key_ambiguous'

export type Joined =
  | { readonly joins: readonly Join[]; readonly reason: null }
  | { readonly joins: readonly []; readonly reason: UnmatchedReason }

/** A key that more sessions than this share says nothing about any of them. */
export const mostSessionsOfKey = 20

/**
 * The keys under which sessions are looked up: a commit also under its abbreviations, a branch of a repository also by
 * its name alone, which is weak. Who and where alone name no session; together they do, for the time of the signal.
 */
export function lookupKeys({ subjects, at }: About): Subject[] {
  return [...subjects.flatMap(keysOf), ...workLookups(subjects, at)]
}

function keysOf({ type, value }: Subject): Subject[] {
  if (type === 'git.sha') {
    const lengths = [7, 8, 9, 10, 11, 12].filter((length) => length < value.length)
    return [...lengths.map((length) => ({ type, value: value.slice(0, length) })), { type, value }]
  }
  if (type === 'repository' || type === 'actor' || type === workWindow) return []
  if (type !== 'git.branch') return [{ type, value }]
  const at = value.indexOf('@')
  const name = at < 0 ? value : value.slice(at + 1)
  const alone = { type: 'git.branch_name', value: name }
  return at < 0 ? [alone] : [{ type, value }, alone]
}

/**
 * The strongest kind of key that hits decides, and joins everything that it hits; weaker ones are not looked at,
 * so that a ticket number never adds sessions to a signal that names its own. Independent of the order of hits.
 */
export function joinSignal({ subjects, at }: About, hits: readonly KeyHit[]): Joined {
  if (subjects.length === 0) return { joins: [], reason: 'no_subject' }
  const byKey = Map.groupBy(hits, ({ type, value }) => `${type}\0${value}`)
  const telling = [...byKey.values()]
    .filter((some) => countSessions(some) <= mostSessionsOfKey)
    .flat()
    .filter(({ span }) => span === undefined || isInWindow(span, at))
  if (telling.length === 0) {
    const isShared = [...byKey.values()].some((some) => countSessions(some) > mostSessionsOfKey)
    return { joins: [], reason: isShared ? 'key_ambiguous' : unknownReason(subjects) }
  }
  const best = Math.min(...telling.map(rankOf))
  const joins = new Map<string, Join>()
  for (const hit of telling.filter((one) => rankOf(one) === best).sort(byName)) {
    const { sessionId, exposureId, confidence } = hit
    const name = `${sessionId}\0${exposureId}`
    if (!joins.has(name)) joins.set(name, { sessionId, exposureId, via: viaOf(hit), confidence })
  }
  return { joins: [...joins.values()].sort(byName), reason: null }
}

const countSessions = (hits: readonly KeyHit[]) =>
  new Set(hits.map(({ sessionId }) => sessionId)).size

/** What a rule found stands behind what is known without one, whatever its type. */
const rankOf = ({ type, via, confidence }: KeyHit) => {
  if (type === workWindow) return 6
  if (confidence === 'weak') return 5
  return via.startsWith('rule:') ? 4 : keyStrength(type).rank
}

const viaOf = ({ type, via }: KeyHit) => (via.startsWith('rule:') ? via : type)

function unknownReason(subjects: readonly Subject[]): UnmatchedReason {
  const types = new Set(subjects.map(({ type }) => type))
  if (types.has('session_id') || types.has('session_key')) return 'session_unknown'
  return types.has('exposure_id') ? 'exposure_unknown' : 'key_unknown'
}

type Named = Pick<KeyHit, 'sessionId' | 'exposureId' | 'via'> & { readonly type?: string }
const nameOf = ({ sessionId, exposureId, type = '', via }: Named) =>
  `${sessionId ?? ''}\0${exposureId ?? ''}\0${type}\0${via}`
const byName = (a: Named, b: Named) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0)
