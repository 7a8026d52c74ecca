import { normalQuantile } from '../statistics/normal.ts'
import { type Ramp, stages } from './ramp.ts'
import type { TestSettings } from './settings.ts'

/** What is known of the work before an experiment starts. */
export interface Volume {
  readonly unitsPerDay: number
  readonly baseRate: number
  /** Standard deviation of a graded score inside strata; null for success or failure. */
  readonly spread: number | null
}

export interface Forecast {
  /** Units by which four of five tests find the smallest effect, ramp included. */
  readonly units: number
  /** Null where no units come at all. */
  readonly days: number | null
  /** Units after which to give up: as many as are worth twice a fixed sample (spec C.3), ramp included. */
  readonly mostUnits: number
  readonly mostDays: number | null
  /** No use starting: see the advice. */
  readonly hopeless: boolean
  readonly advice: readonly string[]
}

/** Units by which 80 % have decided, over a fixed sample, measured in simulations (C.2): 1.75 at T = 20, 2.5 at 100. */
const slower = { attended: 1.75, unattended: 2.5 }
/** Above this an experiment outlives what it tests. */
const longestDays = 120
/** Below this per day other kinds of evidence are offered first (C.11). */
const fewPerDay = 20

/** How long it will take to find the smallest effect of the settings at today's volume. */
export function forecast(settings: TestSettings, volume: Volume): Forecast {
  const both = 2 * fixedSample({ ...volume, effect: settings.smallestEffect })
  const factor = settings.threshold > 20 ? slower.unattended : slower.attended
  const ramp = settings.ramp ?? stages
  const units = throughRamp(factor * both, ramp)
  const mostUnits = throughRamp(Math.max(2, factor + 0.25) * both, ramp)
  const { unitsPerDay } = volume
  const toDays = (count: number) => (unitsPerDay > 0 ? count / unitsPerDay : null)
  const days = toDays(units)
  const isLong = days === null || days > longestDays
  const isPossible = volume.baseRate + settings.smallestEffect <= 1
  return {
    units,
    days,
    mostUnits,
    mostDays: toDays(mostUnits),
    hopeless: !isPossible || isLong,
    advice: advise({ settings, volume, isPossible, isLong, units }),
  }
}

/**
 * Units per arm of a one-sided z-test with 5 % false alarms and 80 % power (C.13: 281 for +10 points at 60 %):
 * (z.95 √(2p̄(1−p̄)) + z.80 √(p0(1−p0) + p1(1−p1)))² / effect², or with the variance of a graded score.
 */
export function fixedSample(
  given: Omit<Volume, 'unitsPerDay'> & { readonly effect: number },
): number {
  const { baseRate, effect, spread } = given
  const [zFalse, zPower] = [normalQuantile(0.95), normalQuantile(0.8)]
  if (spread !== null) {
    return Math.ceil((2 * spread * spread * (zFalse + zPower) ** 2) / effect ** 2)
  }
  const better = Math.min(1, baseRate + effect)
  const middle = (baseRate + better) / 2
  const spreadNull = Math.sqrt(2 * middle * (1 - middle))
  const spreadBoth = Math.sqrt(baseRate * (1 - baseRate) + better * (1 - better))
  return Math.ceil((zFalse * spreadNull + zPower * spreadBoth) ** 2 / effect ** 2)
}

/** Units it takes through the ramp to know as much as from so many at one half: a unit at π is worth 4π(1−π). */
function throughRamp(halves: number, ramp: Ramp): number {
  let [left, units, candidates] = [halves, 0, 0]
  for (const { pi, until } of ramp) {
    const worth = 4 * pi * (1 - pi)
    const room = (until ?? Number.POSITIVE_INFINITY) - candidates
    const here = Math.min(room / pi, left / worth)
    units += here
    left -= here * worth
    candidates = until ?? candidates
    if (left <= 1e-9) break
  }
  return Math.ceil(units)
}

interface Outlook {
  readonly settings: TestSettings
  readonly volume: Volume
  readonly isPossible: boolean
  readonly isLong: boolean
  readonly units: number
}

function advise({ settings, volume, isPossible, isLong, units }: Outlook): string[] {
  const points = (effect: number) => `${Number((100 * effect).toPrecision(3))} points`
  const advice: string[] = []
  if (!isPossible) {
    advice.push(
      `at a base rate of ${points(volume.baseRate)} nothing can be ${points(settings.smallestEffect)} better: test for less, or take a graded goal`,
    )
  }
  if (isLong || volume.unitsPerDay < fewPerDay) {
    advice.push('replay stored tasks in pairs, or let a person judge and call it unproven')
  }
  if (isLong) advice.push('test for a larger effect, take a graded goal, or test with more agents')
  if (isPossible && units > settings.mostUnits) {
    advice.push(
      `with at most ${settings.mostUnits} units an effect of ${points(settings.smallestEffect)} will often be missed`,
    )
  }
  return advice
}
