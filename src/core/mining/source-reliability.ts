import { betaQuantile } from '../statistics/beta.ts'
import { fitRates } from '../statistics/shrink.ts'
import { statusMask, statusOk } from '../transcript/step-columns.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { LaidOutCase } from './case.ts'
import { cite } from './cite.ts'
import type { Members } from './contrast.ts'
import { isComparable, MemberSets } from './member-sets.ts'
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
  const { cases, lexicon } = population
  const gathered = new MemberSets()
  cases.forEach(({ steps: { columns, from, to } }, index) => {
    for (let at = from; at < to; at += 1) {
      const source = columns.source[at] as number
      if (source !== -1 && ((columns.flags[at] as number) & statusMask) === statusOk)
        gathered.add(source, index)
    }
  })
  const sources = gathered.list((source) => lexicon.textOf(source))
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
      .filter(
        ({ members, uses }) => uses >= fewestUses && isComparable(cases.length, members.length),
      )
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
          const step = one ? findFirst(one, population.lexicon.find(source)) : -1
          return one && step !== -1 ? [{ one, of: 'call' as const, index: step }] : []
        }),
      }),
    }),
  }
}

/** The first step that reads the source; -1 without one. */
function findFirst({ steps: { columns, from, to } }: LaidOutCase, source: number): number {
  for (let at = from; at < to; at += 1) if (columns.source[at] === source) return at - from
  return -1
}
