import { eValue } from '../statistics/intervals.ts'
import { intervalQuantile } from '../statistics/normal.ts'
import { testScore } from '../statistics/score-test.ts'
import {
  cells,
  cochranMantelHaenszel,
  compareAcross,
  countDiscordantPairs,
  countInformative,
  leastP,
  mantelHaenszelDifference,
  type StrataCounts,
  stratifiedP,
} from '../statistics/strata.ts'
import type { Effect, Support } from './finding.ts'
import type { Numbered, Population } from './population.ts'

/** Coverage of the printed intervals and level of the false discovery rate. */
export const intervalLevel = 0.9
export const discoveryRate = 0.1
const intervalZ = intervalQuantile(intervalLevel)

/** Indices of the sessions that show a pattern, ascending, each once. */
export type Members = readonly number[]

/** Sessions with and without a pattern, compared inside strata; not yet judged against the others tested. */
export interface Contrast {
  readonly sessionsWith: number
  readonly sessionsWithout: number
  readonly support: Support
  readonly discordantPairs: number
  /** The least p that its margins could give. */
  readonly leastP: number
  readonly effect: RawEffect | null
}

/** An effect before it is judged beside the others of its family. */
export type RawEffect = Omit<Effect, 'q' | 'permutationP' | 'shrunk'> & {
  /** Standard error, the larger of the one inside strata and the one between them. */
  readonly error: number
}

/**
 * Compares the members with all others whose outcome is decided, inside the population's strata. Sessions
 * without a decided outcome count as support and take no part in the comparison.
 */
export function contrast(
  population: Population,
  pattern: { readonly members: Members },
  as: 'tested' | 'counted' = 'tested',
): Contrast {
  const { members } = pattern
  const { all, later } = tabulate(population, members)
  // Asked for of the few that pass the tests; holding the members of all until then would fill the memory.
  let support: Support | null = null
  const sessionsWith = members.length
  return {
    sessionsWith,
    sessionsWithout: population.cases.length - sessionsWith,
    get support() {
      support ??= countSupport(population, pattern.members)
      return support
    },
    discordantPairs: population.adjustedFor === 'task' ? countDiscordantPairs(all) : 0,
    leastP: leastP(all),
    effect: as === 'tested' ? measure(population, members, { all, later }) : null,
  }
}

/** Known tasks and principals; 0 where the sources name none. */
function countSupport({ taskOf, principalOf }: Population, members: Members): Support {
  const tasks = countDistinct(taskOf, members)
  const principals = countDistinct(principalOf, members)
  return {
    sessions: members.length,
    tasks: tasks.distinct,
    principals: principals.distinct,
    largestShare: members.length === 0 ? 0 : principals.most / members.length,
  }
}

function countDistinct({ of, counts }: Numbered, members: Members) {
  let distinct = 0
  let most = 0
  for (let at = 0; at < members.length; at += 1) {
    const number = of[members[at] as number] as number
    if (number === -1) continue
    const count = (counts[number] as number) + 1
    counts[number] = count
    if (count === 1) distinct += 1
    if (count > most) most = count
  }
  for (let at = 0; at < members.length; at += 1) {
    const number = of[members[at] as number] as number
    if (number !== -1) counts[number] = 0
  }
  return { distinct, most }
}

interface Tables {
  readonly all: StrataCounts
  /** The same of the part held back. */
  readonly later: StrataCounts
}

/** Successes and failures with and without the pattern, by stratum. */
export function tabulate(population: Population, members: Members): Tables {
  const { rowOf, outcomes, stratumOf, later: isLater } = population
  const all = Int32Array.from(population.strataCounts)
  const later = Int32Array.from(population.laterCounts)
  for (let at = 0; at < members.length; at += 1) {
    const row = rowOf[members[at] as number] as number
    if (row === -1) continue
    const cell = cells * (stratumOf[row] as number) + 1 - (outcomes[row] as number)
    move(all, cell)
    if (isLater[row] === 1) move(later, cell)
  }
  return { all, later }
}

/** From those without to those with the pattern. */
function move(counts: StrataCounts, cell: number): void {
  counts[cell] = (counts[cell] as number) + 1
  counts[cell + 2] = (counts[cell + 2] as number) - 1
}

function pool(strata: StrataCounts): StrataCounts {
  const sum = new Int32Array(cells)
  for (let at = 0; at < strata.length; at += 1) {
    sum[at % cells] = (sum[at % cells] as number) + (strata[at] as number)
  }
  return sum
}

/** Beyond this the p of the adjusted test cannot matter: the larger of the two counts. */
const worthAdjusting = 0.2

function measure(
  population: Population,
  members: Members,
  { all: strata, later }: Tables,
): RawEffect | null {
  const difference = mantelHaenszelDifference(strata, intervalLevel)
  const p = stratifiedP(strata)
  const pooled = pool(strata)
  const crude = mantelHaenszelDifference(pooled, intervalLevel)
  if (!difference || p === null || !crude) return null
  const agentAdjusted = p <= worthAdjusting ? adjustForAgent(population, members) : null
  const across = compareAcross(strata)
  const [, , successWithout = 0, failureWithout = 0] = pooled
  const without = successWithout + failureWithout
  const base = without === 0 ? 0.5 : successWithout / without
  const nearest = difference.low > 0 ? difference.low : difference.high < 0 ? difference.high : 0
  return {
    ...difference,
    level: intervalLevel,
    adjustedFor: population.adjustedFor,
    // Both tests are valid; a pattern must stand in either.
    p: Math.max(p, agentAdjusted?.p ?? 0),
    strata: strata.length / cells,
    informativeStrata: countInformative(strata),
    agents: population.agents,
    agentAdjusted,
    across: across && { strata: across.strata, agree: across.agree, p: across.p },
    error: Math.max(across?.error ?? 0, (difference.high - difference.low) / (2 * intervalZ)),
    replication: replicate(population, later),
    eValue: eValue({ base, bound: nearest }),
    unadjusted: {
      riskDifference: crude.riskDifference,
      p: cochranMantelHaenszel(pooled, 'corrected')?.p ?? 1,
    },
  }
}

function adjustForAgent(
  { additive, additiveRow, rowOf }: Population,
  members: Members,
): Effect['agentAdjusted'] {
  if (!additive) return null
  const having: number[] = []
  for (let at = 0; at < members.length; at += 1) {
    const row = rowOf[members[at] as number] as number
    const place = row === -1 ? -1 : (additiveRow[row] as number)
    if (place !== -1) having.push(place)
  }
  return testScore(additive, having, intervalLevel)
}

function replicate({ laterBy, laterRows }: Population, later: StrataCounts): Effect['replication'] {
  const difference = mantelHaenszelDifference(later, intervalLevel)
  return { by: laterBy, sessions: laterRows, riskDifference: difference?.riskDifference ?? null }
}
