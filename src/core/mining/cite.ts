import type { Evidence } from '../evidence.ts'
import type { SessionId } from '../ids.ts'
import type { Quotes } from '../transcript/digest.ts'
import type { Taint } from '../trust/taint.ts'
import { type Case, occasionKey } from './case.ts'
import type { Citation, CitedFinding, Finding } from './finding.ts'

export type Sighting = Pick<Citation, 'of' | 'index'> & { readonly one: Case }

export interface Sightings {
  readonly supports: readonly Sighting[]
  readonly contradicts?: readonly Sighting[]
}

const maxSupporting = 5
const maxContradicting = 2

/** A few citations that differ as much as they can: other tasks and principals first, in canonical order. */
export function cite({ supports, contradicts = [] }: Sightings): Citation[] {
  const pick = (sightings: readonly Sighting[], most: number, polarity: Citation['polarity']) =>
    spread(sightings, most).map(({ one, of, index }) => ({
      sessionId: one.trace.sessionId,
      of,
      index,
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

/** The findings with the words they cite; a citation without words (an empty turn) is left out. */
export function quoteFindings(
  findings: readonly CitedFinding[],
  quotesOf: (sessionId: SessionId) => Quotes | undefined,
): Finding[] {
  return findings.map(({ citations, ...finding }) => ({
    ...finding,
    evidence: citations.flatMap((citation) => lookUp(citation, quotesOf(citation.sessionId))),
  }))
}

/**
 * By what was cited. That a tool is one the administrator vouches for shows only in the transcript, so results
 * begin untrusted.
 */
const origins: Readonly<Record<Citation['of'], Taint>> = {
  call: 'agent',
  saying: 'agent',
  turn: 'user',
  error: 'untrusted',
  result: 'untrusted',
}

function lookUp({ of, index, polarity }: Citation, quotes: Quotes | undefined): Evidence[] {
  const places = {
    call: quotes?.calls,
    error: quotes?.errors,
    turn: quotes?.turns,
    saying: quotes?.sayings,
    result: quotes?.results,
  }
  const quote = places[of]?.[index]
  return quote && quote.text !== '' ? [{ ...quote, polarity, taint: origins[of] }] : []
}
