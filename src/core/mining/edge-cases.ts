import { wilson } from '../statistics/intervals.ts'
import { Lexicon } from '../transcript/lexicon.ts'
import type { StepColumns } from '../transcript/step-columns.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { LaidOutCase } from './case.ts'
import { cite } from './cite.ts'
import { type Counted, clusterVectors, weighTerms } from './clusters.ts'
import { intervalLevel } from './contrast.ts'
import type { Population } from './population.ts'

const alikeFrom = 0.6
const largestShare = 0.05
const fewestSessions = 6
const labelWords = 5

/**
 * Small groups of sessions that are alike in what was asked, called and refused, and that fail more often
 * than sessions at large: the lower bound of their failure rate is above the upper bound of everybody's.
 */
export function mineEdgeCases(population: Population): Patterns {
  const { cases } = population
  const terms = new Terms()
  const counted = cases.map((one) => terms.count(one))
  const vectors = weighTerms(counted)
  const clusters = clusterVectors(vectors, alikeFrom).filter(
    ({ members }) =>
      members.length >= fewestSessions && members.length <= largestShare * cases.length,
  )
  const failed = cases.filter(({ success }) => success === false).length
  const decided = cases.filter(({ success }) => success !== null).length
  const overallHigh = wilson(failed, decided, intervalLevel).high
  return {
    kind: 'edge_case',
    considered: clusters.length,
    tested: false,
    candidates: clusters.flatMap(({ members }) =>
      toCandidate(population, {
        members,
        overallHigh,
        label: label(members, counted, terms.texts),
      }),
    ),
    silences: [],
  }
}

/** What was asked, called, refused and given, as numbers of terms. */
class Terms {
  readonly #names = new Lexicon()
  readonly #calls: number[] = []
  readonly #arguments: number[] = []
  readonly #errors = new Map<number, number>()
  /** By term: the session that had it last, and its place among that one's terms. */
  readonly #seenIn: number[] = []
  readonly #placeIn: number[] = []
  #session = 0

  get texts(): readonly string[] {
    return this.#names.texts
  }

  count({ trace, steps: { columns, from, to } }: LaidOutCase): Counted<number> {
    const { lexicon, tool, error, argsFrom, argKeys } = columns
    const counted = { terms: [], counts: [] }
    this.#session += 1
    for (const word of trace.intent) this.#add(this.#names.numberOf(word), counted)
    for (let at = from; at < to; at += 1) {
      const number = tool[at] as number
      this.#calls[number] ??= this.#names.numberOf(`call ${lexicon.textOf(number)}`)
      this.#add(this.#calls[number] as number, counted)
    }
    for (let at = from; at < to; at += 1) {
      if (error[at] !== -1) this.#add(this.#ofError(columns, at), counted)
    }
    for (let arg = argsFrom[from] as number; arg < (argsFrom[to] as number); arg += 1) {
      const key = argKeys[arg] as number
      this.#arguments[key] ??= this.#names.numberOf(`argument ${lexicon.textOf(key)}`)
      this.#add(this.#arguments[key] as number, counted)
    }
    return counted
  }

  #add(term: number, { terms, counts }: { terms: number[]; counts: number[] }): void {
    const place = this.#seenIn[term] === this.#session ? (this.#placeIn[term] as number) : -1
    if (place !== -1) counts[place] = (counts[place] as number) + 1
    else {
      this.#seenIn[term] = this.#session
      this.#placeIn[term] = terms.length
      terms.push(term)
      counts.push(1)
    }
  }

  #ofError({ lexicon, tool, error }: StepColumns, at: number): number {
    const [of, number] = [tool[at] as number, error[at] as number]
    const place = of * 2 ** 26 + number
    const known = this.#errors.get(place)
    if (known !== undefined) return known
    const term = this.#names.numberOf(`error ${lexicon.textOf(of)} ${lexicon.textOf(number)}`)
    this.#errors.set(place, term)
    return term
  }
}

function toCandidate(
  { cases }: Population,
  given: { members: readonly number[]; overallHigh: number; label: string[] },
): Candidate[] {
  const { members, overallHigh, label: words } = given
  const decided = members.filter((index) => cases[index]?.success !== null)
  const failures = decided.filter((index) => cases[index]?.success === false).length
  const { low } = wilson(failures, decided.length, intervalLevel)
  if (decided.length < fewestSessions || low <= overallHigh) return []
  const title = `A small group of sessions about ${words.map((word) => `“${word}”`).join(', ')} fails far more often than the rest`
  return [
    {
      members,
      standing: 'counted',
      name: title,
      describe: () => ({
        key: `edge_case:${words.join('+')}`,
        title,
        detail: {
          kind: 'edge_case',
          words,
          sessions: members.length,
          failures,
          failureLow: low,
          overallHigh,
        },
        citations: cite({
          supports: members.flatMap((index) => {
            const one = cases[index]
            return one && one.trace.turns.length > 0 ? [{ one, of: 'turn' as const, index: 0 }] : []
          }),
        }),
      }),
    },
  ]
}

const priorWeight = 10

/**
 * Words that stand out in the group: log-odds with an informative Dirichlet prior from all sessions (Monroe,
 * Colaresi & Quinn 2008), by z, of what was asked first and of what was called where nothing was asked.
 */
function label(
  members: readonly number[],
  counted: readonly Counted<number>[],
  texts: readonly string[],
): string[] {
  const inside = new Map<number, number>()
  for (const index of members)
    for (const term of counted[index]?.terms ?? []) inside.set(term, (inside.get(term) ?? 0) + 1)
  const textOf = (term: number) => texts[term] ?? ''
  const asked = [...inside].filter(([term]) => !textOf(term).includes(' '))
  const shown = asked.length > 0 ? asked : [...inside]
  const all = countHaving(
    counted,
    shown.map(([term]) => term),
  )
  const [n, total] = [members.length, counted.length]
  const scored = shown.map(([term, count]) => {
    const share = (all.get(term) ?? 0) / total
    const prior = priorWeight * share
    const other = (all.get(term) ?? 0) - count
    const odds = (k: number, of: number) =>
      Math.log((k + prior) / (of - k + priorWeight - prior + 1e-9))
    const variance = 1 / (count + prior) + 1 / (other + prior + 1e-9)
    const z = (odds(count, n) - odds(other, total - n)) / Math.sqrt(variance)
    return { term: textOf(term), z }
  })
  return scored
    .toSorted((a, b) => b.z - a.z || (a.term < b.term ? -1 : 1))
    .slice(0, labelWords)
    .map(({ term }) => term)
}

/** By term: how many of all sessions have it. */
function countHaving(
  counted: readonly Counted<number>[],
  terms: readonly number[],
): Map<number, number> {
  return new Map(
    terms.map((term) => [
      term,
      counted.reduce((sum, one) => sum + (one.terms.includes(term) ? 1 : 0), 0),
    ]),
  )
}
