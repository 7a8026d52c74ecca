import type { Arm } from '../src/core/experiment/assignment.ts'
import { beginTest } from '../src/core/experiment/fold.ts'
import { foldWithout, listVoices } from '../src/core/experiment/leave-one-out.ts'
import { makeSettings } from '../src/core/experiment/settings.ts'
import { openTest } from '../src/core/experiment/state.ts'
import type { HeardUnit, Turning } from '../src/core/experiment/turn.ts'
import type { OutcomeSignalId } from '../src/core/ids.ts'
import { cappedSignals } from '../src/core/outcome/cap.ts'
import type { GoalSignal } from '../src/core/outcome/goal-signal.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { keepResults, type Row } from './_results.ts'
import { wilson } from './_statistics.ts'

const experiments = Number(process.env.FORGED_COUNT ?? 2_000)
/** Twice a fixed sample for +10 points at 60 %, and how long a test that is held may go on here. */
const [units, longest] = [1_124, 2_248]
const honest = Array.from({ length: 9 }, (_, at) => `person-${at}`)
/** The standard one: half of a window, and ten. */
const cap = { share: 0.5, windowMs: 7 * 86_400_000, minimum: 10 }

const settings = makeSettings({ priorRate: 0.6, mostUnits: longest })

const turning: Turning = {
  plan: { test: settings, guardrails: [], hardStops: [] },
  parts: 'one',
  decide([first]) {
    const value = first?.value ?? null
    return first && value !== null ? { value, signalIds: [first.id] } : null
  },
  phase: 'test',
  from: 0,
  // Every deadline is over, so what nobody else speaks of is missing.
  now: 2 * longest * 1_000,
}

interface World {
  readonly seed: number
  /** Of the units, those of which the liar speaks, before anybody else. */
  readonly lies: number
  /** What the liar says; null: nothing of this arm. */
  readonly lie: (arm: Arm) => 0 | 1 | null
  readonly rates: Readonly<Record<Arm, number>>
  /** Of the candidate's failures, those of which nobody honest speaks; the liar calls them successes. */
  readonly hushed?: number
}

const lyingFor: World['lie'] = (arm) => (arm === 'candidate' ? 1 : 0)
const same = { candidate: 0.6, incumbent: 0.6 }
const speaks = 0.9

/** Of nine honest people one speaks of each unit nine times in ten; the liar knows every arm. */
function makeUnits({ seed, lies, lie, rates, hushed = 0 }: World): HeardUnit[] {
  const random = seededRandom(seed)
  const made = Array.from({ length: longest }, (_, at) => {
    const arm: Arm = random() < 0.5 ? 'candidate' : 'incumbent'
    const [value, person, isHeard, isLied] = [random(), random(), random(), random()]
    const signals: GoalSignal[] = []
    const isHushed = arm === 'candidate' && value >= rates.candidate && isHeard < hushed
    const told = isHushed ? 1 : isLied < lies ? lie(arm) : null
    if (told !== null) signals.push(say('liar', { at, value: told, after: 1 }))
    if (isHeard < speaks && !isHushed) {
      const principal = honest[Math.floor(person * honest.length)] as string
      signals.push(say(principal, { at, value: value < rates[arm] ? 1 : 0, after: 2 }))
    }
    return { at, arm, signals }
  })
  const capped = cappedSignals(
    cap,
    made.flatMap(({ signals }) => signals),
  )
  return made.map(({ at, arm, signals }) => ({
    stratum: at % 2 === 0 ? 'one' : 'two',
    pi: 0.5,
    stage: 2,
    principal: honest[at % honest.length] as string,
    arm: arm === 'candidate' ? '1' : '0',
    deadline: at * 1_000 + 900,
    parts: [
      {
        sessionId: null,
        washout: false,
        signals: signals.filter(({ id }) => !capped.has(id)),
        tokens: null,
        seconds: null,
      },
    ],
  }))
}

const say = (
  principal: string,
  { at, value, after }: { readonly at: number; readonly value: 0 | 1; readonly after: number },
): GoalSignal => ({
  id: `osig_${at}_${principal}` as OutcomeSignalId,
  kind: 'solved',
  source: 'desk',
  value,
  success: null,
  components: {},
  principal,
  signed: false,
  subjects: [],
  final: null,
  decidedAt: null,
  createdAt: new Date(at * 1_000 + after).toISOString(),
  confidence: 'exact',
})

interface Judged {
  /** The unit at which it is ready as the signals stand, and with each one left out. Infinity: at none. */
  readonly asItStands: number
  readonly leftOut: number
}

function judge(world: World): Judged {
  const heard = makeUnits(world)
  const readyAt = (without: string) => {
    const { folded } = foldWithout(
      without,
      { tests: [beginTest(0, openTest(settings))], units: heard },
      turning,
    )
    return folded.tests[0]?.readyAt ?? Number.POSITIVE_INFINITY
  }
  const asItStands = readyAt('nobody')
  if (asItStands === Number.POSITIVE_INFINITY) return { asItStands, leftOut: asItStands }
  let leftOut = asItStands
  for (const voice of listVoices(heard)) {
    leftOut = Math.max(leftOut, readyAt(voice))
    if (leftOut === Number.POSITIVE_INFINITY) break
  }
  return { asItStands, leftOut }
}

/** How often a liar gets a useless change promoted, and what asking everybody costs where nobody lies. */
export async function benchForged(): Promise<void> {
  const rows: Row[] = []
  for (const lies of [0.05, 0.1, 0.25, 0.5]) {
    const what = `of ${100 * lies} % of the units, for the candidate`
    rows.push(...falseRows(what, { lies, lie: lyingFor }))
  }
  const failed = (arm: Arm) => (arm === 'incumbent' ? 0 : null)
  rows.push(...falseRows('that every unit of the incumbent failed', { lies: 1, lie: failed }))
  rows.push(
    ...falseRows(
      'that a tenth of the failures of the candidate, which nobody else reports, succeeded',
      {
        lies: 0,
        lie: failed,
        hushed: 0.1,
      },
    ),
  )
  for (const points of [10, 20]) rows.push(...powerRows(points))
  keepResults('forged', rows)
}

const judgeAll = (world: Omit<World, 'seed'>): Judged[] =>
  Array.from({ length: experiments }, (_, at) => judge({ ...world, seed: at + 1 }))

function falseRows(what: string, world: Omit<World, 'seed' | 'rates'>): Row[] {
  const judged = judgeAll({ ...world, rates: same })
  const row = (how: keyof Judged, goal: string | null): Row => {
    const found = judged.filter((one) => one[how] < units).length
    const { low, high } = wilson(found, experiments)
    const name = how === 'asItStands' ? 'only capped' : 'each one left out'
    return {
      metric: `useless change promoted within ${units} units; one principal says ${what}; ${name}`,
      value: found / experiments,
      low,
      high,
      n: experiments,
      goal,
      reached: goal === null ? null : high <= 0.05,
    }
  }
  return [row('asItStands', null), row('leftOut', 'upper bound ≤ 0.05')]
}

function powerRows(points: number): Row[] {
  const rates = { candidate: 0.6 + points / 100, incumbent: 0.6 }
  const judged = judgeAll({ lies: 0, lie: lyingFor, rates })
  return (['asItStands', 'leftOut'] as const).flatMap((how): Row[] => {
    const name = how === 'asItStands' ? 'as it stands' : 'each of nine left out'
    const at = judged.map((one) => one[how]).toSorted((a, b) => a - b)
    const found = at.filter((one) => one < units).length
    const quantile = (q: number) => {
      const value = at[Math.ceil(q * at.length) - 1] ?? Number.POSITIVE_INFINITY
      return Number.isFinite(value) ? String(value + 1) : `more than ${longest}`
    }
    return [
      {
        metric: `true +${points} points promoted within ${units} units, nobody lies, ${name}`,
        value: found / experiments,
        ...wilson(found, experiments),
        n: experiments,
        goal: null,
        reached: null,
      },
      {
        metric: `units until +${points} points may be promoted, ${name}: median / 80 %`,
        value: `${quantile(0.5)} / ${quantile(0.8)}`,
        n: experiments,
        goal: null,
        reached: null,
      },
    ]
  })
}
