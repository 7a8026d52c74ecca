import { betaQuantile } from '../statistics/beta.ts'
import { fitRates } from '../statistics/shrink.ts'
import type { Candidate, Patterns } from './candidate.ts'
import { cite } from './cite.ts'
import type { Members } from './contrast.ts'
import { gatherMembers, isComparable } from './member-sets.ts'
import type { Population } from './population.ts'
import { sayOthers } from './wording.ts'

/** Uses from which a source's rate says anything. */
const fewestUses = 8

/**
 * Documents, files and sites that sessions read, by how sessions that read them end. Rates are pulled
 * towards the rate of all sources by how little each was used (beta-binomial, spec B.6); whether reading one
 * goes with success is compared like any other pattern, never by pooled rates.
 */
export function mineSources(population: Population): Patterns {
  const sources = gatherMembers(population, ({ trace }) =>
    trace.steps.flatMap(({ source, status }) =>
      source !== null && status === 'ok' ? [source] : [],
    ),
  )
  const rated = sources.map(([source, members]) => ({
    source,
    members,
    ...rate(population, members),
  }))
  const prior = fitRates(rated.filter(({ uses }) => uses > 0))
  return {
    kind: 'source_reliability',
    considered: sources.length,
    tested: true,
    candidates: rated
      .filter(({ members, uses }) => uses >= fewestUses && isComparable(population, members))
      .map((one) => toCandidate(population, one, prior)),
    silences: [],
  }
}

function rate({ cases }: Population, members: Members) {
  const decided = members.filter((index) => cases[index]?.success !== null)
  return {
    uses: decided.length,
    successes: decided.filter((index) => cases[index]?.success === true).length,
  }
}

interface Rated {
  readonly source: string
  readonly members: Members
  readonly uses: number
  readonly successes: number
}

function toCandidate(
  population: Population,
  { source, members, uses, successes }: Rated,
  { mean, weight }: { readonly mean: number; readonly weight: number },
): Candidate {
  const [a, b] = [successes + weight * mean, uses - successes + weight * (1 - mean)]
  const name = `sessions that read \`${source}\``
  return {
    members,
    standing: 'compared',
    name,
    describe: ({ effect }) => ({
      key: `source_reliability:${source}`,
      title: `Sessions that read \`${source}\` ${(effect?.riskDifference ?? 0) < 0 ? 'fail' : 'succeed'} more often than ${sayOthers(population)}`,
      detail: {
        kind: 'source_reliability',
        source,
        uses,
        successes,
        low: betaQuantile(0.1, a, b),
        median: betaQuantile(0.5, a, b),
        high: betaQuantile(0.9, a, b),
      },
      citations: cite({
        supports: members.flatMap((index) => {
          const one = population.cases[index]
          const step = one?.trace.steps.find((found) => found.source === source)
          return one && step ? [{ one, of: 'call' as const, index: step.index }] : []
        }),
      }),
    }),
  }
}
