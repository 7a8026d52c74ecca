import type { Arm } from '../../src/core/experiment/assignment.ts'
import { logMixture } from '../../src/core/experiment/betting.ts'
import { type AssignedUnit, commitInOrder } from '../../src/core/experiment/commit-order.ts'
import { verdictOf } from '../../src/core/experiment/decision.ts'
import { makeSettings, type TestSettings } from '../../src/core/experiment/settings.ts'
import { commitUnit, type TestState } from '../../src/core/experiment/state.ts'
import type { CommittedUnit } from '../../src/core/experiment/unit.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import { atHalf, byRamp, type Coin, openBlind, Peeking, unit, type Verdict } from './trial.ts'

/** One A/A experiment: what the rule says at T = 20 and at T = 100, and whether peeking would have called it. */
interface Outcome {
  readonly attended: Verdict
  readonly unattended: Verdict
  /** E was 20 at some time, whatever else ended the experiment. */
  readonly ever: boolean
  readonly naive: boolean
}

/** What happens in a scenario: the candidate is the incumbent under another name in all of them. */
export interface Scenario {
  readonly name: string
  readonly note: string
  readonly run: (seed: number, watch?: Watch) => Outcome
}

/** Called after every unit with the evidence and what the naive test says. */
type Watch = (moment: { at: number; logE: number; z: number }) => void

const looks = 10
const settings = makeSettings({ priorRate: 0.6 })

/** Both thresholds on one stream of units. */
export class Judged {
  state: TestState
  readonly #settings: TestSettings
  readonly #strict: TestSettings
  attended: Verdict = 'continue'
  unattended: Verdict = 'continue'

  constructor(own: TestSettings = settings) {
    this.#settings = own
    this.#strict = { ...own, threshold: 100 }
    this.state = openBlind(own)
  }

  commit(next: CommittedUnit): void {
    this.state = commitUnit(this.#settings, this.state, next)
    if (this.attended === 'continue') this.attended = verdictOf(this.#settings, this.state)
    if (this.unattended === 'continue') this.unattended = verdictOf(this.#strict, this.state)
  }

  /** Folded to the last unit allowed, so that an early end hides nothing. */
  get isOpen(): boolean {
    return this.state.frontier < this.#settings.mostUnits
  }

  get logE(): number {
    return logMixture(this.state.better.logs)
  }

  outcome(naive: Peeking): Outcome {
    const { attended, unattended, state } = this
    return { attended, unattended, ever: state.better.largest >= Math.log(20), naive: naive.called }
  }
}

const strata = ['easy', 'middle', 'hard']
const rates = [0.75, 0.6, 0.45]
const toss = (random: () => number, pi: number): Arm => (random() < pi ? 'candidate' : 'incumbent')

/** Units whose outcomes are known at once. */
function runAtOnce(
  seed: number,
  world: {
    readonly coin: (state: TestState, at: number) => Coin
    readonly shift: (at: number) => number
    readonly watch: Watch | undefined
  },
): Outcome {
  const random = seededRandom(seed)
  const judged = new Judged()
  const naive = new Peeking(looks)
  for (let at = 0; at < settings.mostUnits; at += 1) {
    const { stage, pi } = world.coin(judged.state, at)
    const kind = Math.floor(random() * 3)
    const arm = toss(random, pi)
    const value = random() < (rates[kind] as number) + world.shift(at) ? 1 : 0
    naive.see(arm, value)
    judged.commit(
      unit({ stratum: strata[kind] as string, pi, stage, arm, value, principal: `p${at % 7}` }),
    )
    world.watch?.({ at, logE: judged.logE, z: naive.z() })
  }
  return judged.outcome(naive)
}

const still = () => 0
const driftUp = (at: number) => -0.15 + (0.3 * at) / settings.mostUnits

/** One unit a tick; failures of the candidate are known 200 ticks later, everything else at once. */
function runLate(seed: number, watch?: Watch): Outcome {
  const random = seededRandom(seed)
  const judged = new Judged()
  const naive = new Peeking(looks)
  const waiting: AssignedUnit[] = []
  const [delay, deadline] = [200, 300]
  const late = new Map<number, AssignedUnit>()
  for (let now = 0; now < settings.mostUnits + deadline; now += 1) {
    const arrived = late.get(now)
    if (arrived) naive.see(arrived.arm, 0)
    if (now < settings.mostUnits) {
      const { stage, pi } = byRamp(judged.state)
      const arm = toss(random, pi)
      const value = random() < 0.6 ? 1 : 0
      const at = arm === 'candidate' && value === 0 ? now + delay : now
      const assigned: AssignedUnit = {
        stratum: now % 2 === 0 ? 'easy' : 'hard',
        pi,
        stage,
        arm,
        principal: `p${now % 7}`,
        deadline: now + deadline,
        outcome: { at, value, scores: {} },
        hardStop: null,
      }
      waiting.push(assigned)
      if (at === now) naive.see(arm, value)
      else late.set(at, assigned)
    }
    commitReady(judged, waiting, now)
    watch?.({ at: now, logE: judged.logE, z: naive.z() })
  }
  return judged.outcome(naive)
}

/** What has not been told yet is not there: the head of the line is committed as long as it is decided or late. */
function commitReady(judged: Judged, waiting: AssignedUnit[], now: number): void {
  for (let head = waiting[0]; head !== undefined && judged.isOpen; head = waiting[0]) {
    const known = head.outcome !== null && head.outcome.at <= now ? head.outcome : null
    const { committed } = commitInOrder([{ ...head, outcome: known }], now)
    if (committed[0] === undefined) return
    waiting.shift()
    judged.commit(committed[0])
  }
}

/** A fifth of the candidate's failures is never reported; peeking leaves out what it does not see. */
function runMissing(seed: number): Outcome {
  const random = seededRandom(seed)
  const judged = new Judged()
  const naive = new Peeking(looks)
  for (let at = 0; at < settings.mostUnits; at += 1) {
    const arm = toss(random, 0.5)
    const value = random() < 0.6 ? 1 : 0
    const missing = arm === 'candidate' && value === 0 && random() < 0.2
    if (!missing) naive.see(arm, value)
    const stratum = at % 2 === 0 ? 'easy' : 'hard'
    judged.commit(unit({ stratum, arm, value, missing, stage: 2, principal: `p${at % 7}` }))
  }
  return judged.outcome(naive)
}

/** The coin is tossed for persons with ten sessions each, who differ (intraclass correlation .2). */
function runClustered(seed: number): Outcome {
  const random = seededRandom(seed)
  const judged = new Judged(makeSettings({ priorRate: 0.6, graded: true }))
  const naive = new Peeking(looks)
  for (let at = 0; at < settings.mostUnits; at += 1) {
    const arm = toss(random, 0.5)
    // Shares of .6 ± .22 on two points have the variance of a correlation of .2.
    const chance = random() < 0.5 ? 0.6 + 0.219 : 0.6 - 0.219
    let successes = 0
    for (let session = 0; session < 10; session += 1) {
      const value = random() < chance ? 1 : 0
      successes += value
      if (at < 400) naive.see(arm, value)
    }
    const stratum = at % 2 === 0 ? 'easy' : 'hard'
    judged.commit(unit({ stratum, arm, value: successes / 10, stage: 2, principal: `p${at}` }))
  }
  return judged.outcome(naive)
}

/** Every fifty units the share of the arm that looks better is raised to .9, the other way round to .1; rates swing. */
function runAdaptive(seed: number, watch?: Watch): Outcome {
  let [sums, share] = [{ s1: 0, n1: 1, s0: 0, n0: 1 }, 0.5]
  return runAtOnce(seed, {
    coin: (state, at) => {
      if (at % 50 === 0 && at > 0) {
        sums = state.strata.reduce(
          (all, one) => ({
            s1: all.s1 + one.s1,
            n1: all.n1 + one.n1,
            s0: all.s0 + one.s0,
            n0: all.n0 + one.n0,
          }),
          { s1: 0, n1: 1, s0: 0, n0: 1 },
        )
        share = sums.s1 / sums.n1 > sums.s0 / sums.n0 ? 0.9 : 0.1
      }
      return { stage: Math.floor(at / 50), pi: share }
    },
    shift: (at) => 0.2 * Math.sin(at / 60),
    watch,
  })
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'stationary',
    note: 'three types of task, one half each',
    run: (seed, watch) => runAtOnce(seed, { coin: atHalf, shift: still, watch }),
  },
  {
    name: 'drift + ramp',
    note: 'all rates rise by 30 points while the candidate’s share goes 10, 25, 50 %',
    run: (seed, watch) => runAtOnce(seed, { coin: byRamp, shift: driftUp, watch }),
  },
  {
    name: 'late failures',
    note: 'failures of the candidate are known 200 units later; peeking counts what is there',
    run: runLate,
  },
  {
    name: 'missing',
    note: 'a fifth of the candidate’s failures is never reported; peeking leaves them out',
    run: runMissing,
  },
  {
    name: 'clustered',
    note: 'persons with ten sessions each, correlation .2; peeking counts sessions, of 400 persons',
    run: runClustered,
  },
  {
    name: 'adaptive ramp',
    note: 'every 50 units .9 to the arm that looks better, while rates swing by 20 points',
    run: runAdaptive,
  },
]
