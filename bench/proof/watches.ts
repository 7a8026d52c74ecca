import {
  type DriftState,
  hasDrifted,
  openDrift,
  watchUnit,
} from '../../src/core/experiment/drift.ts'
import { nextStage, stageAfter } from '../../src/core/experiment/ramp.ts'
import { countUnit, emptyRatio, isRatioBroken } from '../../src/core/experiment/sample-ratio.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { bootstrapMean, mean } from '../_statistics.ts'
import { never, shareRow, waitRows } from './rows.ts'

const mostUnits = 4_000
const soundRuns = 8_000
const brokenRuns = 1_000
const broken = [
  { share: 0.55, half: 1_616 },
  { share: 0.6, half: 440 },
  { share: 0.8, half: 83 },
]

/** Units until the alarm, where the candidate's true share is `share` of what its coin says times two, by the ramp or at one half. */
function unitsUntilVoid(
  { share, ramp }: { readonly share: number; readonly ramp: boolean },
  random: () => number,
): number {
  let ratio = emptyRatio
  let [stage, candidates] = [ramp ? 0 : 2, 0]
  for (let at = 1; at <= mostUnits; at += 1) {
    const { pi } = nextStage({ stage })
    const arm = random() < 2 * pi * share ? 'candidate' : 'incumbent'
    ratio = countUnit(ratio, { stage, pi, arm })
    if (isRatioBroken(ratio)) return at
    if (arm === 'candidate') candidates += 1
    stage = stageAfter(stage, { candidates, calm: true })
  }
  return never
}

/** The sample-ratio alarm: how often it is false, and how soon it comes (spec C.10). */
export function measureSampleRatio(): Row[] {
  const sound = [false, true].map((ramp, index): Row => {
    const random = seededRandom(600_000_000 + index)
    const waits = Array.from({ length: soundRuns }, () =>
      unitsUntilVoid({ share: 0.5, ramp }, random),
    )
    return shareRow({
      metric: `sample ratio, coins honoured, ${ramp ? 'by the ramp' : 'one half each'}: void within ${mostUnits} units`,
      hits: waits.filter((wait) => wait !== never).length,
      n: soundRuns,
      most: 0.003,
      note: 'spec C.10: 0.003; the bound is 0.001',
    })
  })
  const found = broken.flatMap(({ share, half }, index) => {
    const random = seededRandom(600_000_010 + index)
    return waitRows({
      name: `sample ratio, share ${share} where the coin says 0.5: void`,
      waits: Array.from({ length: brokenRuns }, () =>
        unitsUntilVoid({ share, ramp: false }, random),
      ),
      spec: { half, place: 'C.10' },
    })
  })
  return [...sound, ...found]
}

const sound: DriftState = { ...openDrift(700, 1_000), reference: 0.7 }
const lengthRuns = 2_000
const drops = [
  { drop: 0.05, half: 229, fourInFive: 425 },
  { drop: 0.1, half: 101, fourInFive: 172 },
  { drop: 0.2, half: 44, fourInFive: 67 },
]

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
  const lengths = Array.from({ length: lengthRuns }, () => unitsUntilAlarm(sound, 0.7, random))
  const interval = bootstrapMean(lengths)
  return [
    {
      metric: 'drift, at 70 % all along: units between false alarms, mean',
      value: mean(lengths),
      ...interval,
      n: lengths.length,
      goal: '≥ 2000',
      reached: interval.low >= 2_000,
      note: 'spec C.10: 2 233',
    },
    ...drops.flatMap(({ drop, half, fourInFive }) =>
      waitRows({
        name: `drift, from 70 % down by ${100 * drop} points after 500 units: the alarm`,
        waits: Array.from({ length: 1_000 }, () =>
          unitsUntilAlarm(warmUp(random), 0.7 - drop, random),
        ),
        spec: { half, fourInFive, place: 'C.10' },
      }),
    ),
  ]
}
