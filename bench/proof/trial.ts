import type { Arm } from '../../src/core/experiment/assignment.ts'
import { advance, evidenceOf, type Null, openProcess } from '../../src/core/experiment/betting.ts'
import { emptyStratum, scoreUnit } from '../../src/core/experiment/centre.ts'
import { nothingKept } from '../../src/core/experiment/confidence-sequence.ts'
import { verdictOf } from '../../src/core/experiment/decision.ts'
import { nextStage } from '../../src/core/experiment/ramp.ts'
import { makeSettings, type TestSettings } from '../../src/core/experiment/settings.ts'
import { commitUnit, openTest, type TestState } from '../../src/core/experiment/state.ts'
import type { CommittedUnit } from '../../src/core/experiment/unit.ts'

/** A test without its confidence sequence, which no verdict asks for and which takes nine tenths of the time. */
export const openBlind = (settings: TestSettings): TestState => ({
  ...openTest(settings),
  confidence: nothingKept,
})

/** The two rules that are measured: with a person's approval, and without. */
export const attended = makeSettings({ priorRate: 0.6 })
export const unattended = makeSettings({ priorRate: 0.6, threshold: 100 })

export type Verdict = ReturnType<typeof verdictOf>

export const unit = (given: Partial<CommittedUnit>): CommittedUnit => ({
  stratum: 'one',
  pi: 0.5,
  arm: 'candidate',
  value: 0,
  missing: false,
  scores: {},
  stage: 0,
  principal: 'p0',
  hardStop: null,
  ...given,
})

export interface Coin {
  readonly stage: number
  readonly pi: number
}

/** At one half all along, or by the ramp of the product. */
export const atHalf = (): Coin => ({ stage: 2, pi: 0.5 })
export const byRamp = (state: TestState): Coin => nextStage(state)

export interface World {
  readonly random: () => number
  readonly coin: (state: TestState) => Coin
  /** Success chance of the nth unit in an arm and a stratum. */
  readonly chance: (unit: { at: number; arm: Arm; stratum: number }) => number
  readonly strata: number
  readonly settings: TestSettings
}

const principals = 7
const names = ['one', 'two', 'three', 'four']
const people = Array.from({ length: principals }, (_, at) => `p${at}`)

/** The next unit of a world, its outcome known at once. */
export function draw({ random, coin, chance, strata }: World, state: TestState): CommittedUnit {
  const at = state.frontier
  const { stage, pi } = coin(state)
  const stratum = Math.floor(random() * strata)
  const arm: Arm = random() < pi ? 'candidate' : 'incumbent'
  const value = random() < chance({ at, arm, stratum }) ? 1 : 0
  return unit({
    stratum: names[stratum] as string,
    pi,
    stage,
    arm,
    value,
    principal: people[at % principals] as string,
  })
}

/** One experiment from its first unit to its verdict. */
export function run(world: World): { verdict: Verdict; state: TestState } {
  let state = openBlind(world.settings)
  for (;;) {
    state = commitUnit(world.settings, state, draw(world, state))
    const verdict = verdictOf(world.settings, state)
    if (verdict !== 'continue') return { verdict, state }
  }
}

/**
 * The evidence of one question alone, in one stratum: the product's functions, without all that `commitUnit` keeps beside it
 * (confidence sequence, guardrails, sample ratio), which takes ten times as long.
 */
export class Evidence {
  readonly #about: { readonly priorRate: number; readonly graded: boolean; readonly null: Null }
  #process = openProcess()
  #sums = emptyStratum('one')

  constructor(about: {
    readonly priorRate: number
    readonly graded: boolean
    readonly null: Null
  }) {
    this.#about = about
  }

  /** E after one unit more. */
  see(unit: { readonly pi: number; readonly arm: Arm; readonly value: number }): number {
    const { score, sums } = scoreUnit({ ...this.#about, sums: this.#sums }, unit)
    this.#sums = sums
    this.#process = advance(this.#process, score, this.#about.null)
    return evidenceOf(this.#process)
  }
}

/** What is usually done: a one-sided test of two shares at 5 %, looked at again and again until it says yes. */
export class Peeking {
  readonly #every: number
  readonly #counts = { s1: 0, n1: 0, s0: 0, n0: 0 }
  called = false

  constructor(every: number) {
    this.#every = every
  }

  see(arm: Arm, value: number): void {
    const counts = this.#counts
    if (arm === 'candidate') {
      counts.s1 += value
      counts.n1 += 1
    } else {
      counts.s0 += value
      counts.n0 += 1
    }
    if ((counts.n1 + counts.n0) % this.#every === 0 && this.z() >= 1.6448536269514722) {
      this.called = true
    }
  }

  /** 0 before there are twenty of each. */
  z(): number {
    const { s1, n1, s0, n0 } = this.#counts
    if (Math.min(n1, n0) < 20) return 0
    const pooled = (s1 + s0) / (n1 + n0)
    const spread = Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    return spread === 0 ? 0 : (s1 / n1 - s0 / n0) / spread
  }
}

/** One standard normal number (Box–Muller). */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
