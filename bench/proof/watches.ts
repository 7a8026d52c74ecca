import {
  type DriftState,
  hasDrifted,
  openDrift,
  watchUnit,
} from '../../src/core/experiment/drift.ts'
import { countUnit, emptyRatio, isRatioBroken } from '../../src/core/experiment/sample-ratio.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { bootstrapMean, mean, wilson } from '../_statistics.ts'

const experiments = 2_000
const mostUnits = 4_000

/** Units until arms that should be halves are called wrong; null when they are not. */
function unitsUntilVoid(share: number, random: () => number): number | null {
  let ratio = emptyRatio
  for (let at = 1; at <= mostUnits; at += 1) {
    const arm = random() < share ? 'candidate' : 'incumbent'
    ratio = countUnit(ratio, { stage: 0, pi: 0.5, arm })
    if (isRatioBroken(ratio)) return at
  }
  return null
}

/** The sample-ratio alarm: how often it is false, and how soon it comes (spec C.10). */
export function measureSampleRatio(): Row[] {
  return [0.5, 0.6, 0.8].map((share, index): Row => {
    const runs = share === 0.5 ? experiments : experiments / 10
    const random = seededRandom(600_000_000 + index)
    const found = Array.from({ length: runs }, () => unitsUntilVoid(share, random))
    const alarms = found.filter((units) => units !== null).toSorted((a, b) => a - b)
    const goal = share === 0.5 ? '≤ 0.01' : null
    return {
      metric: `sample ratio, share ${share} where the coin says 0.5: void within ${mostUnits} units`,
      value: alarms.length / runs,
      ...wilson(alarms.length, runs),
      n: runs,
      goal,
      reached: goal === null ? null : alarms.length / runs <= 0.01,
      ...(share === 0.5
        ? {}
        : { note: `median after ${alarms[Math.floor(alarms.length / 2)]} units` }),
    }
  })
}

const sound: DriftState = { ...openDrift(700, 1_000), reference: 0.7 }

function unitsUntilAlarm(open: DriftState, rate: number, random: () => number): number {
  let state = open
  while (!hasDrifted(state)) state = watchUnit(state, random() < rate ? 1 : 0)
  return state.units - open.units
}

/** Five hundred sound units without alarm. */
function warmUp(random: () => number): DriftState {
  let state = sound
  while (state.units < 500) {
    state = watchUnit(state, random() < 0.7 ? 1 : 0)
    if (hasDrifted(state)) state = sound
  }
  return state
}

/** The drift detector at 70 %: units between false alarms, and how soon a drop is seen. */
export function measureDrift(): Row[] {
  const random = seededRandom(700_000_000)
  const lengths = Array.from({ length: 600 }, () => unitsUntilAlarm(sound, 0.7, random))
  const interval = bootstrapMean(lengths)
  const drops = [0.05, 0.1, 0.2].map((drop): Row => {
    const delays = Array.from({ length: 400 }, () =>
      unitsUntilAlarm(warmUp(random), 0.7 - drop, random),
    ).toSorted((a, b) => a - b)
    return {
      metric: `drift, from 70 % down by ${100 * drop} points after 500 units: units until the alarm, median`,
      value: delays[200] as number,
      n: delays.length,
      goal: null,
      reached: null,
      note: `80 % within ${delays[320]}`,
    }
  })
  return [
    {
      metric: 'drift, at 70 % all along: units between false alarms, mean',
      value: mean(lengths),
      ...interval,
      n: lengths.length,
      goal: '≥ 2000',
      // The guarantee is about the expectation: an interval below it would refute it.
      reached: interval.high >= 2_000,
    },
    ...drops,
  ]
}
