import { addBit, emptyBitset } from '../statistics/bitset.ts'
import { benjaminiHochberg, chooseTestable, levelsOfFamilies } from '../statistics/multiplicity.ts'
import { adjustByPermutation, type Permuted } from '../statistics/permutation.ts'
import { shrinkEffects } from '../statistics/shrink.ts'
import { cells, isInformative, type StrataCounts } from '../statistics/strata.ts'
import type { Candidate, Judged, Patterns } from './candidate.ts'
import { type Contrast, contrast, discoveryRate, type RawEffect, tabulate } from './contrast.ts'
import type { Effect, Family } from './finding.ts'
import { findLack, gradeContrast } from './grade.ts'
import type { Population } from './population.ts'

export interface JudgedPatterns {
  readonly judged: readonly Judged[]
  readonly family: Omit<Family, 'found'>
}

const reshuffles = 999

/**
 * Compares every candidate of every miner and judges them together: families by Simes first, then inside
 * the selected ones at the level that leaves (Benjamini & Bogomolov 2014). Patterns that could never be
 * significant are not tested. Families in which something may be found are reshuffled as well.
 */
export function judge(population: Population, mined: readonly Patterns[]): JudgedPatterns[] {
  const families = mined.map(({ candidates, tested }) =>
    compareFamily(population, candidates, tested),
  )
  const ps = families.map(({ contrasts, testable }) => pick(contrasts, testable))
  const withTests = ps.filter((family) => family.length > 0)
  const levels = levelsOfFamilies(withTests, discoveryRate)
  let next = 0
  return families.map((family, index) => {
    const patterns = mined[index] as Patterns
    const level = (ps[index] ?? []).length > 0 ? (levels[next++] ?? 0) : 0
    return judgeFamily(population, { patterns, level, ...family })
  })
}

interface Compared {
  readonly contrasts: readonly Contrast[]
  readonly testable: readonly boolean[]
}

/** Members are asked for one candidate at a time: those of thousands of sequences together fill the memory. */
function compareFamily(
  population: Population,
  candidates: readonly Candidate[],
  tested: boolean,
): Compared {
  const contrasts = candidates.map((candidate) =>
    contrast(population, candidate, tested ? 'tested' : 'counted'),
  )
  const least = contrasts.map(({ effect, leastP }) => (effect ? leastP : 1))
  return { contrasts, testable: chooseTestable(least, discoveryRate) }
}

const pick = (contrasts: readonly Contrast[], testable: readonly boolean[]) =>
  contrasts.flatMap(({ effect }, index) => (effect && testable[index] ? [effect.p] : []))

function judgeFamily(
  population: Population,
  given: Compared & { readonly patterns: Patterns; readonly level: number },
): JudgedPatterns {
  const { contrasts, testable, patterns, level } = given
  const at = contrasts.flatMap(({ effect }, index) => (effect && testable[index] ? [index] : []))
  const raw = at.map((index) => contrasts[index]?.effect as NonNullable<Contrast['effect']>)
  const qs = benjaminiHochberg(raw.map(({ p }) => p))
  const shrunk = shrinkEffects(
    raw.map(({ riskDifference, error }) => ({
      value: riskDifference,
      error: Math.max(error, 1e-6),
    })),
  )
  const hopeful = raw.some(({ p }) => p <= discoveryRate)
  const permuted =
    level > 0 && hopeful
      ? reshuffle(
          population,
          at.map((index) => patterns.candidates[index] as Candidate),
        )
      : null
  const place = new Map(at.map((index, order) => [index, order]))
  const judged = contrasts.map((compared, index): Judged => {
    const order = place.get(index)
    const effect: Effect | null = compared.effect && {
      ...withoutError(compared.effect),
      q: order === undefined ? 1 : (qs[order] ?? 1),
      permutationP: order === undefined ? null : (permuted?.[order] ?? null),
      shrunk: order === undefined ? 0 : (shrunk[order] ?? 0),
    }
    const chance = findChance(patterns, effect, level)
    // What chance explains well lacks enough; only of what comes close is it told what else is missing.
    const isFar = chance !== null && (effect?.q ?? 1) > discoveryRate / 2
    const lack = isFar ? chance : (findLack(compared) ?? chance)
    return {
      contrast: compared,
      effect,
      lack,
      grade: lack === null ? gradeContrast(compared) : 'D',
    }
  })
  const unadjusted = benjaminiHochberg(raw.map((effect) => effect.unadjusted.p))
  const naive = unadjusted.filter((q) => q <= discoveryRate).length
  const borne = unadjusted.filter((q, i) => q <= discoveryRate && (qs[i] ?? 1) <= level).length
  return {
    judged,
    family: {
      kind: patterns.kind,
      considered: patterns.considered,
      testable: at.length,
      unadjustedSignificant: naive,
      explainedAway: naive - borne,
      level,
    },
  }
}

const withoutError = ({ error: _, ...effect }: RawEffect) => effect

/** Sequences are many and alike: they must stand against all of them together as well. */
function findChance({ kind }: Patterns, effect: Effect | null, level: number): string | null {
  const q = effect?.q ?? 1
  if (q > level) {
    return level === 0
      ? 'patterns of this kind, taken together, show no more than chance'
      : `q = ${q.toFixed(3)}, above ${level.toFixed(3)}`
  }
  const together = effect?.permutationP ?? 1
  return kind === 'sequence' && together > discoveryRate
    ? `chance alone gives one as strong in ${Math.round(together * 100)} % of reshuffles`
    : null
}

function reshuffle(population: Population, candidates: readonly Candidate[]): number[] {
  const { rowOf, outcomes, strata } = population
  const kept = strata.map(({ rows, successes }) => successes > 0 && successes < rows)
  const place = new Int32Array(outcomes.length).fill(-1)
  const bounds = [0]
  strata.forEach(({ first, rows }, index) => {
    if (!kept[index]) return
    const from = bounds.at(-1) ?? 0
    for (let row = 0; row < rows; row += 1) place[first + row] = from + row
    bounds.push(from + rows)
  })
  const dealt = new Uint8Array(bounds.at(-1) ?? 0)
  place.forEach((at, row) => {
    if (at !== -1) dealt[at] = outcomes[row] ?? 0
  })
  const permuted = candidates.map(({ members }): Permuted => {
    const tables = tabulate(population, members).all
    const rows = emptyBitset(dealt.length)
    for (const index of members) {
      const at = place[rowOf[index] ?? -1] ?? -1
      if (at !== -1) addBit(rows, at)
    }
    let [mean, variance, seen] = [0, 0, 0]
    for (let at = 0; at < tables.length; at += cells) {
      if (!isInformative(tables, at)) continue
      const [x1 = 0, f1 = 0, x0 = 0, f0 = 0] = tables.subarray(at, at + cells)
      const n1 = x1 + f1
      const m1 = x1 + x0
      const n = n1 + x0 + f0
      mean += (n1 * m1) / n
      variance += (n1 * (n - n1) * m1 * (n - m1)) / (n * n * (n - 1))
      seen += x1
    }
    // Strata whose members are all or none add a constant to every deal.
    const constant = countConstant(tables)
    return { rows, mean: mean + constant, deviation: Math.sqrt(variance), seen: seen + constant }
  })
  return adjustByPermutation({ bounds, outcomes: dealt }, permuted, { reshuffles, seed: 1 })
}

function countConstant(tables: StrataCounts): number {
  let sum = 0
  for (let at = 0; at < tables.length; at += cells) {
    const [x1 = 0, f1 = 0, x0 = 0, f0 = 0] = tables.subarray(at, at + cells)
    if (x0 + f0 === 0 && x1 > 0 && f1 > 0) sum += x1
  }
  return sum
}
