import { extractFacts } from './facts.ts'
import type { Item } from './item.ts'
import { readValidity } from './times.ts'

/** A line that should be looked at again: nothing goes for its age alone. */
export interface Stale {
  readonly item: Item
  /** Day of which it was said to hold, as YYYY-MM-DD. */
  readonly since: string
  readonly kind: keyof typeof halfLives
  /** 1 − 2^(−age / half-life), in [0.75, 1). */
  readonly staleness: number
}

/** Days after which half of the lines of a kind are out of date, to begin with (spec B.11). */
const halfLives = { procedure: 180, fact: 90, status: 14, preference: 365 } as const

const staleFrom = 0.75
const day = 24 * 60 * 60 * 1000

/**
 * Lines that say themselves since when they hold, so long ago that half of their kind, and half of the rest,
 * would be out of date by now. Lines without a date are not judged: when a file was written says little of
 * when its lines were last true. `now` in RFC 3339.
 */
export function findStale(items: readonly Item[], now: string): Stale[] {
  const today = Date.parse(now)
  return items.flatMap((item) => {
    const { date, tense } = readValidity(item.text)
    if (date === null || tense === 'past') return []
    const kind = kindOf(item.text)
    const age = (today - Date.parse(date)) / day
    const staleness = age <= 0 ? 0 : 1 - 2 ** (-age / halfLives[kind])
    return staleness >= staleFrom ? [{ item, since: date, kind, staleness }] : []
  })
}

function kindOf(text: string): Stale['kind'] {
  if (/\b(?:status|currently|in progress|blocked|wip|todo|pending|ongoing)\b/i.test(text))
    return 'status'
  if (/\b(?:prefers?|likes?|wants?|favou?rs?)\b/i.test(text)) return 'preference'
  return extractFacts(text).numbers.length > 0 ? 'fact' : 'procedure'
}
