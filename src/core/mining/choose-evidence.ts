import type { Evidence, Quote } from '../evidence.ts'
import { type Case, occasionKey } from './case.ts'

export interface Sighting {
  readonly one: Case
  readonly quote: Quote
}

export interface Sightings {
  readonly supports: readonly Sighting[]
  readonly contradicts?: readonly Sighting[]
}

const maxSupporting = 5
const maxContradicting = 2

/** A few quotes that differ as much as they can: other tasks and principals first, in canonical order. */
export function chooseEvidence({ supports, contradicts = [] }: Sightings): Evidence[] {
  const pick = (sightings: readonly Sighting[], most: number, polarity: Evidence['polarity']) =>
    spread(sightings, most).map(({ quote }) => ({ ...quote, polarity }))
  return [
    ...pick(supports, maxSupporting, 'supports'),
    ...pick(contradicts, maxContradicting, 'contradicts'),
  ]
}

function spread(sightings: readonly Sighting[], most: number): Sighting[] {
  const chosen: Sighting[] = []
  const used = new Set<string>()
  const keys: ((one: Case) => string)[] = [occasionKey, ({ digest }) => digest.sessionId]
  for (const key of keys) {
    for (const sighting of sightings) {
      if (chosen.length === most) return chosen
      if (used.has(key(sighting.one)) || chosen.includes(sighting)) continue
      used.add(key(sighting.one))
      used.add(sighting.one.digest.sessionId)
      chosen.push(sighting)
    }
  }
  return chosen
}
