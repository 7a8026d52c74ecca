import { eValue } from '../statistics/intervals.ts'
import { normalQuantile } from '../statistics/normal.ts'
import { testScore } from '../statistics/score-test.ts'
import {
  cochranMantelHaenszel,
  compareAcross,
  countDiscordantPairs,
  isInformative,
  mantelHaenszelDifference,
  type Stratum,
  stratifiedP,
} from '../statistics/strata.ts'
import type { Effect, Support } from './finding.ts'
import type { Population } from './population.ts'

/** Coverage of the printed intervals and level of the false discovery rate. */
export const intervalLevel = 0.9
export const discoveryRate = 0.1
const intervalZ = normalQuantile(0.5 + intervalLevel / 2)

/** Indices of the sessions that show a pattern, ascending, each once. */
export type Members = readonly number[]

/** Sessions with and without a pattern, compared inside strata; not yet judged against the others tested. */
export interface Contrast {
  readonly sessionsWith: number
  readonly sessionsWithout: number
  readonly support: Support
  readonly discordantPairs: number
  readonly strata: readonly Stratum[]
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
export function contrast(population: Population, members: Members): Contrast {
  const strata = tabulate(population, members)
  return {
    sessionsWith: members.length,
    sessionsWithout: population.cases.length - members.length,
    support: countSupport(population, members),
    discordantPairs: population.adjustedFor === 'task' ? countDiscordantPairs(strata) : 0,
    strata,
    effect: measure(population, members, strata),
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

function countDistinct(numberOf: Int32Array, members: Members) {
  const counts = new Map<number, number>()
  let most = 0
  for (const index of members) {
    const number = numberOf[index] as number
    if (number === -1) continue
    const count = (counts.get(number) ?? 0) + 1
    counts.set(number, count)
    if (count > most) most = count
  }
  return { distinct: counts.size, most }
}

type Count = { -readonly [Cell in keyof Stratum]: number }

function tabulate(population: Population, members: Members, only?: Uint8Array): Count[] {
  const { rowOf, outcomes, stratumOf, strata } = population
  const tables: Count[] = (only ? population.laterStrata : strata).map(({ rows, successes }) => ({
    successWith: 0,
    failureWith: 0,
    successWithout: successes,
    failureWithout: rows - successes,
  }))
  for (const index of members) {
    const row = rowOf[index] ?? -1
    if (row === -1 || (only && only[row] === 0)) continue
    const table = tables[stratumOf[row] as number] as Count
    if (outcomes[row] === 1) {
      table.successWith += 1
      table.successWithout -= 1
    } else {
      table.failureWith += 1
      table.failureWithout -= 1
    }
  }
  return tables
}

function pool(strata: readonly Stratum[]): Stratum {
  const sum = { successWith: 0, failureWith: 0, successWithout: 0, failureWithout: 0 }
  for (const stratum of strata) {
    sum.successWith += stratum.successWith
    sum.failureWith += stratum.failureWith
    sum.successWithout += stratum.successWithout
    sum.failureWithout += stratum.failureWithout
  }
  return sum
}

/** Beyond this the p of the adjusted test cannot matter: the larger of the two counts. */
const worthAdjusting = 0.2

function measure(
  population: Population,
  members: Members,
  strata: readonly Stratum[],
): RawEffect | null {
  const difference = mantelHaenszelDifference(strata, intervalLevel)
  const p = stratifiedP(strata)
  const pooled = pool(strata)
  const crude = mantelHaenszelDifference([pooled], intervalLevel)
  if (!difference || p === null || !crude) return null
  const agentAdjusted = p <= worthAdjusting ? adjustForAgent(population, members) : null
  const across = compareAcross(strata)
  const without = pooled.successWithout + pooled.failureWithout
  const base = without === 0 ? 0.5 : pooled.successWithout / without
  const nearest = difference.low > 0 ? difference.low : difference.high < 0 ? difference.high : 0
  return {
    ...difference,
    level: intervalLevel,
    adjustedFor: population.adjustedFor,
    // Both tests are valid; a pattern must stand in either.
    p: Math.max(p, agentAdjusted?.p ?? 0),
    strata: strata.length,
    informativeStrata: strata.filter(isInformative).length,
    agents: population.agents,
    agentAdjusted,
    across: across && { strata: across.strata, agree: across.agree, p: across.p },
    error: Math.max(across?.error ?? 0, (difference.high - difference.low) / (2 * intervalZ)),
    replication: replicate(population, members),
    eValue: eValue({ base, bound: nearest }),
    unadjusted: {
      riskDifference: crude.riskDifference,
      p: cochranMantelHaenszel([pooled], 'corrected')?.p ?? 1,
    },
  }
}

function adjustForAgent(
  { additive, additiveRow, rowOf }: Population,
  members: Members,
): Effect['agentAdjusted'] {
  if (!additive) return null
  const has = new Float64Array(additive.residual.length)
  for (const index of members) {
    const row = rowOf[index] ?? -1
    const at = row === -1 ? -1 : (additiveRow[row] ?? -1)
    if (at !== -1) has[at] = 1
  }
  return testScore(additive, has, intervalLevel)
}

function replicate(population: Population, members: Members): Effect['replication'] {
  const { later, laterBy } = population
  const strata = tabulate(population, members, later)
  const difference = mantelHaenszelDifference(strata, intervalLevel)
  return {
    by: laterBy,
    sessions: population.laterRows,
    riskDifference: difference?.riskDifference ?? null,
  }
}
