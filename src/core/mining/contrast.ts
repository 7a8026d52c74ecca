import { benjaminiHochberg } from '../statistics/multiplicity.ts'
import {
  cochranMantelHaenszel,
  countDiscordantPairs,
  isInformative,
  mantelHaenszelDifference,
  type Stratum,
  stratifiedP,
} from '../statistics/strata.ts'
import { type Case, principalKey } from './case.ts'
import type { Effect, Family, Support } from './finding.ts'

/** Coverage of the printed intervals and level of the false discovery rate. */
export const intervalLevel = 0.9
export const discoveryRate = 0.1

/** Sessions with and without a pattern, compared inside strata; not yet judged against the others tested. */
export interface Contrast {
  readonly sessionsWith: number
  readonly sessionsWithout: number
  readonly support: Support
  readonly discordantPairs: number
  readonly effect: Omit<Effect, 'q'> | null
}

/**
 * Strata hold the task fixed where enough sessions repeat one, else the type of task, else nothing. Sessions
 * whose outcome is not decided count as support and take no part in the comparison.
 */
function contrast(cases: readonly Case[], has: (one: Case) => boolean): Contrast {
  const withPattern = cases.filter(has)
  const decided = cases.filter((one) => one.success !== null)
  const adjustedFor = chooseAdjustment(decided)
  const strata = tabulate(decided, has, adjustedFor)
  return {
    sessionsWith: withPattern.length,
    sessionsWithout: cases.length - withPattern.length,
    support: countSupport(withPattern),
    discordantPairs: adjustedFor === 'task' ? countDiscordantPairs(strata) : 0,
    effect: measure(strata, tabulate(decided, has, 'nothing'), adjustedFor),
  }
}

/** Known tasks and principals; 0 where the sources name none. */
export function countSupport(cases: readonly Case[]): Support {
  const distinct = (values: readonly (string | null)[]) =>
    new Set(values.filter((value) => value !== null)).size
  return {
    sessions: cases.length,
    tasks: distinct(cases.map(({ digest }) => digest.task.id ?? digest.task.type)),
    principals: distinct(cases.map(principalKey)),
  }
}

/** One pattern among the others that were tested with it. */
export interface Judged {
  readonly compared: Contrast
  readonly effect: Effect | null
}

/**
 * Compares every group of sessions with the rest and judges them together: q-values over the family, and how
 * many would pass at the same level if the task were not held fixed.
 */
export function judgeFamily(
  cases: readonly Case[],
  groups: readonly ReadonlySet<Case>[],
): Pick<Family, 'testable' | 'unadjustedSignificant'> & { readonly judged: readonly Judged[] } {
  const contrasts = groups.map((group) => contrast(cases, (one) => group.has(one)))
  const effects = contrasts.flatMap(({ effect }) => (effect ? [effect] : []))
  const qs = benjaminiHochberg(effects.map(({ p }) => p))
  const unadjusted = benjaminiHochberg(effects.map((effect) => effect.unadjusted.p))
  return {
    judged: contrasts.map((compared) => {
      const at = compared.effect ? effects.indexOf(compared.effect) : -1
      return { compared, effect: compared.effect && { ...compared.effect, q: qs[at] ?? 1 } }
    }),
    testable: effects.length,
    unadjustedSignificant: unadjusted.filter((q) => q <= discoveryRate).length,
  }
}

type Adjustment = Effect['adjustedFor']

function chooseAdjustment(decided: readonly Case[]): Adjustment {
  const tasks = Map.groupBy(decided, ({ digest }) => digest.task.id)
  const repeated = [...tasks].filter(([task, runs]) => task !== null && runs.length > 1)
  const covered = repeated.reduce((sum, [, runs]) => sum + runs.length, 0)
  if (covered * 2 >= decided.length && decided.length > 0) return 'task'
  const typed = decided.filter(({ digest }) => digest.task.type !== null).length
  return typed * 2 >= decided.length && decided.length > 0 ? 'task_type' : 'nothing'
}

const stratumOf: Record<Adjustment, (one: Case) => string> = {
  task: ({ digest }) => digest.task.id ?? '',
  task_type: ({ digest }) => digest.task.type ?? '',
  nothing: () => '',
}

function tabulate(
  decided: readonly Case[],
  has: (one: Case) => boolean,
  adjustedFor: Adjustment,
): Stratum[] {
  const tables = new Map<string, { -readonly [Cell in keyof Stratum]: number }>()
  for (const one of decided) {
    const key = stratumOf[adjustedFor](one)
    const table = tables.get(key) ?? {
      successWith: 0,
      failureWith: 0,
      successWithout: 0,
      failureWithout: 0,
    }
    tables.set(key, table)
    const result = one.success ? 'success' : 'failure'
    table[`${result}${has(one) ? 'With' : 'Without'}`] += 1
  }
  return [...tables].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, table]) => table)
}

function measure(
  strata: readonly Stratum[],
  pooled: readonly Stratum[],
  adjustedFor: Adjustment,
): Contrast['effect'] {
  const difference = mantelHaenszelDifference(strata, intervalLevel)
  const p = stratifiedP(strata)
  const crude = mantelHaenszelDifference(pooled, intervalLevel)
  if (!difference || p === null || !crude) return null
  return {
    ...difference,
    level: intervalLevel,
    adjustedFor,
    p,
    strata: strata.length,
    informativeStrata: strata.filter(isInformative).length,
    unadjusted: {
      riskDifference: crude.riskDifference,
      p: cochranMantelHaenszel(pooled, 'corrected')?.p ?? 1,
    },
  }
}
