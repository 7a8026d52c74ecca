import type { Evidence, Quote } from '../evidence.ts'
import type { Cited } from '../transcript/quote.ts'
import type { Taint } from '../trust/taint.ts'
import { type Case, type LaidOutCase, occasionKey } from './case.ts'
import type { Citation, CitedFinding, Finding } from './finding.ts'

/** A piece of a case: a call, error or result by the index of its step, a turn or saying by its own. */
export interface Sighting {
  readonly one: LaidOutCase
  readonly of: Cited
  readonly index: number
}

export interface Sightings {
  readonly supports: readonly Sighting[]
  readonly contradicts?: readonly Sighting[]
}

const maxSupporting = 5
const maxContradicting = 2

/** A few citations that differ as much as they can: other tasks and principals first, in canonical order. */
export function cite({ supports, contradicts = [] }: Sightings): Citation[] {
  const pick = (sightings: readonly Sighting[], most: number, polarity: Citation['polarity']) =>
    spread(sightings, most).map((sighting) => ({
      sessionId: sighting.one.trace.sessionId,
      of: sighting.of,
      at: findSeq(sighting),
      polarity,
    }))
  return [
    ...pick(supports, maxSupporting, 'supports'),
    ...pick(contradicts, maxContradicting, 'contradicts'),
  ]
}

function spread(sightings: readonly Sighting[], most: number): Sighting[] {
  const chosen: Sighting[] = []
  const used = new Set<string>()
  const keys: ((one: Case) => string)[] = [occasionKey, ({ trace }) => trace.sessionId]
  for (const key of keys) {
    for (const sighting of sightings) {
      if (chosen.length === most) return chosen
      if (used.has(key(sighting.one)) || chosen.includes(sighting)) continue
      used.add(key(sighting.one))
      used.add(sighting.one.trace.sessionId)
      chosen.push(sighting)
    }
  }
  return chosen
}

/** The `seq` of the event that holds the words. */
function findSeq({ one, of, index }: Sighting): number {
  if (of === 'turn') return one.trace.turns[index]?.at ?? -1
  if (of === 'saying') return one.trace.sayings[index]?.at ?? -1
  const { columns, from } = one.steps
  return (of === 'call' ? columns.at : columns.resultAt)[from + index] ?? -1
}

/**
 * The findings with the words they cite; a citation without words (an empty turn) is left out. `isVouched`: the
 * words are a result of a tool that the administrator vouches for.
 */
export function quoteFindings(
  findings: readonly CitedFinding[],
  quote: (citation: Citation) => Quote | null,
  isVouched: (citation: Citation) => boolean = () => false,
): Finding[] {
  return findings.map(({ citations, ...finding }) => ({
    ...finding,
    evidence: citations.flatMap((citation): Evidence[] => {
      const words = quote(citation)
      const taint = isVouched(citation) ? 'first_party_tool' : origins[citation.of]
      return words && words.text !== '' ? [{ ...words, polarity: citation.polarity, taint }] : []
    }),
  }))
}

const origins: Readonly<Record<Cited, Taint>> = {
  call: 'agent',
  saying: 'agent',
  turn: 'user',
  error: 'untrusted',
  result: 'untrusted',
}
