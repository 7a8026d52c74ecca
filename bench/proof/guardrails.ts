import type { Arm } from '../../src/core/experiment/assignment.ts'
import { scoreSpending } from '../../src/core/experiment/score.ts'
import { notWorseAt } from '../../src/core/experiment/settings.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { never, shareRow, waitRows } from './rows.ts'
import { Evidence, normal } from './trial.ts'

const runs = 1_000
const longest = 20_000
const marginRuns = 4_000
const marginUnits = 4_000

interface Kind {
  readonly words: string
  readonly margin: number
  readonly rate: number
  /** Of a score; null for yes or no. */
  readonly spread: number | null
  /** By true effect: the spec's units, half and four in five. */
  readonly waits: readonly (readonly [effect: number, half: number, fourInFive: number])[]
  /** Whether to measure false passes at its margin. */
  readonly atMargin: boolean
}

const kinds: readonly Kind[] = [
  {
    words: 'success at 60 %, margin 5 points',
    margin: 0.05,
    rate: 0.6,
    spread: null,
    waits: [
      [0, 2_206, 4_443],
      [0.05, 544, 1_028],
    ],
    atMargin: true,
  },
  {
    words: 'success at 60 %, margin 10 points',
    margin: 0.1,
    rate: 0.6,
    spread: null,
    waits: [[0, 550, 1_077]],
    atMargin: true,
  },
  {
    words: 'spending as a score (sd 0.15), margin 5 points',
    margin: 0.05,
    rate: 0.5,
    spread: 0.15,
    waits: [[0, 187, 355]],
    atMargin: true,
  },
  {
    words: 'no incident in 98 %, margin 2 points',
    margin: 0.02,
    rate: 0.98,
    spread: null,
    waits: [[0, 1_314, 2_581]],
    atMargin: false,
  },
  {
    words: 'no incident in 98 %, margin 3 points',
    margin: 0.03,
    rate: 0.98,
    spread: null,
    waits: [[0, 631, 1_168]],
    atMargin: false,
  },
]

/** What a required guardrail costs in units, and how often one that is worse by its whole margin passes (spec C.3). */
export function measureGuardrails(): Row[] {
  return kinds.flatMap((kind, index) => {
    const { words, margin, spread } = kind
    const random = seededRandom(800_000_000 + index)
    const quick = kind.waits.flatMap(([effect, half, fourInFive]) =>
      waitRows({
        name: `guardrail, ${words}, true effect ${100 * effect}`,
        waits: Array.from({ length: runs }, () =>
          unitsUntilPassed({ kind, effect, random }, longest),
        ),
        spec: { half, fourInFive, place: 'C.3' },
      }),
    )
    if (!kind.atMargin) return quick
    const passed = Array.from({ length: marginRuns }, () =>
      unitsUntilPassed({ kind, effect: -margin, random }, marginUnits),
    ).filter((units) => units !== never).length
    return [
      ...quick,
      shareRow({
        metric: `guardrail, ${words}, worse by all of it: passed within ${marginUnits} units`,
        hits: passed,
        n: marginRuns,
        most: 0.05,
        note: `spec C.3: 0.040 to 0.055${spread === null ? '' : '; amounts spread log-normally, 5 points are 15 % more'}`,
      }),
    ]
  })
}

interface Trial {
  readonly kind: Kind
  readonly effect: number
  readonly random: () => number
}

/** Units until E says it is not worse by the margin, as the rule reads it: at this moment, not ever. */
function unitsUntilPassed({ kind, effect, random }: Trial, most: number): number {
  const { margin, rate, spread } = kind
  const notWorse = new Evidence({
    priorRate: rate,
    graded: spread !== null,
    null: { sign: 1, delta: -margin },
  })
  for (let at = 1; at <= most; at += 1) {
    const arm: Arm = random() < 0.5 ? 'candidate' : 'incumbent'
    const middle = rate + (arm === 'candidate' ? effect : 0)
    const value = spread === null ? flip(random, middle) : spend(random, { middle, spread })
    if (notWorse.see({ pi: 0.5, arm, value }) >= notWorseAt) return at
  }
  return never
}

const flip = (random: () => number, chance: number) => (random() < chance ? 1 : 0)

/** An amount whose score is around `middle`, through the product's own scale of a factor of four either way. */
function spend(random: () => number, given: { middle: number; spread: number }): number {
  const score = given.middle + given.spread * normal(random)
  return scoreSpending(4 ** (1 - 2 * score), 1)
}
