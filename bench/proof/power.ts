import type { Arm } from '../../src/core/experiment/assignment.ts'
import { forecast } from '../../src/core/experiment/forecast.ts'
import { makeSettings, type TestSettings } from '../../src/core/experiment/settings.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { wilson } from '../_statistics.ts'
import { atHalf, attended, byRamp, run, unattended, type World } from './trial.ts'

const experiments = 1_000

interface Plan {
  readonly metric: string
  readonly seed: number
  readonly effect: number
  readonly settings: TestSettings
  readonly coin: World['coin']
  readonly rates?: readonly number[]
  readonly goal?: number
}

const volume = { unitsPerDay: 100, baseRate: 0.6, spread: null }
const planned = (given: Partial<TestSettings>) => {
  const settings = makeSettings({ priorRate: 0.6, ...given })
  return { ...settings, mostUnits: forecast(settings, volume).mostUnits }
}
const rampUnits = planned({}).mostUnits
const strictUnits = planned({ threshold: 100 }).mostUnits

const plans: readonly Plan[] = [
  {
    metric: '+10 points at 60 %, one half each: promoted by 1 124 units, T = 20',
    seed: 1,
    effect: 0.1,
    settings: attended,
    coin: atHalf,
    goal: 0.8,
  },
  {
    metric: '+10 points at 60 %, one half each: promoted by 1 124 units, T = 100',
    seed: 2,
    effect: 0.1,
    settings: unattended,
    coin: atHalf,
  },
  {
    metric:
      '+10 points at 60 %, three types of task at 30, 60 and 85 %: promoted by 1 124 units, T = 20',
    seed: 3,
    effect: 0.1,
    settings: attended,
    coin: atHalf,
    rates: [0.3, 0.6, 0.85],
  },
  {
    metric: '+10 points at 60 %, by the ramp: promoted by 1 124 units, T = 20',
    seed: 4,
    effect: 0.1,
    settings: attended,
    coin: byRamp,
  },
  {
    metric: `+10 points at 60 %, by the ramp: promoted by the ${rampUnits} units of the forecast, T = 20`,
    seed: 5,
    effect: 0.1,
    settings: planned({}),
    coin: byRamp,
    goal: 0.8,
  },
  {
    metric: `+10 points at 60 %, by the ramp: promoted by the ${strictUnits} units of the forecast, T = 100`,
    seed: 6,
    effect: 0.1,
    settings: planned({ threshold: 100 }),
    coin: byRamp,
    goal: 0.8,
  },
  {
    metric: '+20 points at 60 %, by the ramp: promoted by 1 124 units, T = 20',
    seed: 7,
    effect: 0.2,
    settings: attended,
    coin: byRamp,
  },
  {
    metric: '+5 points at 60 %, one half each: promoted by 1 124 units, T = 20',
    seed: 8,
    effect: 0.05,
    settings: attended,
    coin: atHalf,
  },
]

const world = (plan: Omit<Plan, 'metric' | 'goal'>, at: number): World => {
  const rates = plan.rates ?? [0.6, 0.6]
  return {
    random: seededRandom(100_000_000 + 1_000_000 * plan.seed + at),
    coin: plan.coin,
    strata: rates.length,
    chance: ({ arm, stratum }: { arm: Arm; stratum: number }) =>
      (rates[stratum] as number) + (arm === 'candidate' ? plan.effect : 0),
    settings: plan.settings,
  }
}

/** How often a true improvement is promoted, and after how many units. */
export function measurePower(): Row[] {
  return plans.map((plan): Row => {
    const ended = Array.from({ length: experiments }, (_, at) => run(world(plan, at)))
    const promoted = ended.filter(({ verdict }) => verdict === 'promote')
    const units = promoted.map(({ state }) => state.frontier).toSorted((a, b) => a - b)
    const estimate = promoted.reduce((sum, { state }) => sum + state.sumZ / state.frontier, 0)
    const share = promoted.length / experiments
    return {
      metric: plan.metric,
      value: share,
      ...wilson(promoted.length, experiments),
      n: experiments,
      goal: plan.goal === undefined ? null : `≥ ${plan.goal}`,
      reached: plan.goal === undefined ? null : share >= plan.goal,
      note: `half by ${reachedBy(units, 0.5)} units, 80 % by ${reachedBy(units, 0.8)}; mean estimate where it stopped ${(estimate / promoted.length).toFixed(3)}`,
    }
  })
}

/** Units by which a share of all experiments was promoted. */
function reachedBy(units: readonly number[], share: number): string {
  const value = units[Math.ceil(share * experiments) - 1]
  return value === undefined ? 'more than allowed' : String(value)
}

const harms = [
  { effect: -0.1, goal: null },
  { effect: -0.2, goal: 100 },
  { effect: -0.4, goal: 25 },
] as const

/** How many sessions read a harmful candidate before the ramp's rule stops it. */
export function measureHarm(): Row[] {
  return harms.flatMap(({ effect, goal }, index): Row[] => {
    const plan = { seed: 20 + index, effect, settings: attended, coin: byRamp }
    const ended = Array.from({ length: experiments }, (_, at) => run(world(plan, at)))
    const exposed = ended.map(({ state }) => state.n1).toSorted((a, b) => a - b)
    const median = exposed[experiments / 2] as number
    const stopped = ended.filter(({ verdict }) => verdict === 'rollback').length
    const promoted = ended.filter(({ verdict }) => verdict === 'promote').length
    // Ranks of the median's 95 % interval: n/2 ± 1.96 √n / 2.
    const reach = Math.ceil(0.98 * Math.sqrt(experiments))
    return [
      {
        metric: `${100 * effect} points, by the ramp: candidate units before the end, median`,
        value: median,
        low: exposed[experiments / 2 - reach] as number,
        high: exposed[experiments / 2 + reach] as number,
        n: experiments,
        goal: goal === null ? null : `≤ ${goal}`,
        reached: goal === null ? null : median <= goal,
        note: `nine in ten within ${exposed[Math.ceil(0.9 * experiments) - 1]}; rolled back ${stopped}, promoted ${promoted} of ${experiments}`,
      },
    ]
  })
}
