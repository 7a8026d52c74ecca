import { mkdirSync, writeFileSync } from 'node:fs'
import { logMixture } from '../src/core/experiment/betting.ts'
import { decide, verdictOf } from '../src/core/experiment/decision.ts'
import { forecast } from '../src/core/experiment/forecast.ts'
import { stages } from '../src/core/experiment/ramp.ts'
import { makeSettings } from '../src/core/experiment/settings.ts'
import { commitUnit, openTest } from '../src/core/experiment/state.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { keepResults, type Row } from './_results.ts'
import { wilson } from './_statistics.ts'
import { differenceOf, drawFrom, type Runs, readRuns, settings } from './proof/agents.ts'
import { type Chart, drawChart, type Line, type Panel } from './proof/chart.ts'
import { scenarios } from './proof/hostile.ts'
import { byRamp } from './proof/trial.ts'

const folder = 'docs/proof'
const seeds = 100
/** Every so many units a line has a point: enough for a chart, few enough for a small file. */
const step = 24
/** The normal quantile of 95 %, where one look at a fixed sample would call a difference. */
const called = 1.6448536269514722

/** The demonstrations of spec C.12, each a chart in `docs/proof/`: the same bytes every time. */
export async function benchDemonstrations(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const airline = await readRuns('airline')
  keepResults('demonstrations', [
    ...demonstrate('a-a', 'stationary', 'The same memory in both arms'),
    ...demonstrate(
      'ramp-drift',
      'drift + ramp',
      'The same, while the work gets easier and the ramp goes up',
    ),
    ...demonstrate(
      'late-failures',
      'late failures',
      'The same, but failures of the candidate report late',
    ),
    follow(airline, {
      name: 'promotion',
      candidate: 'gpt-4.1-mini-2025-04-14',
      incumbent: 'gpt-4o',
    }),
    follow(airline, { name: 'rollback', candidate: 'qwen2.5:7b', incumbent: 'gpt-4o' }),
    ...[0.2, 0.1, 0.05].map(foresee),
  ])
}

/** A hundred A/A experiments of one scenario, and beside them what looking at a z-test would have said. */
function demonstrate(name: string, scenario: string, title: string): Row[] {
  const found = scenarios.find((one) => one.name === scenario)
  if (found === undefined) throw new Error(`no scenario ${scenario}`)
  const [ours, naive]: [Line[], Line[]] = [[], []]
  let [promoted, peeked, units] = [0, 0, 0]
  for (let seed = 1; seed <= seeds; seed += 1) {
    const [logs, zs]: [[number, number][], [number, number][]] = [[], []]
    let highest = 0
    const outcome = found.run(seed, ({ at, logE, z }) => {
      units = Math.max(units, at)
      const isPeak = logE >= Math.log(20) && logE > highest
      highest = Math.max(highest, logE)
      if (isPeak || at % step === 0) logs.push([at, logE / Math.LN10])
      if (at % step === 0) zs.push([at, z])
    })
    promoted += outcome.ever ? 1 : 0
    peeked += outcome.naive ? 1 : 0
    ours.push({ tone: outcome.ever ? 'alarm' : 'quiet', points: logs })
    naive.push({ tone: outcome.naive ? 'alarm' : 'quiet', points: zs })
  }
  const order = (lines: Line[]) =>
    lines.toSorted((a, b) => Number(a.tone === 'alarm') - Number(b.tone === 'alarm'))
  write(name, {
    title,
    caption: [
      `${seeds} experiments without any true difference, seeds 1 to ${seeds}; red: it would have been called better.`,
      `${scenario}: ${found.note}.`,
    ],
    panels: [
      {
        ...evidencePanel(units),
        title: `evidence E: called in ${promoted} of ${seeds}`,
        lines: order(ours),
      },
      {
        title: `z-test looked at every 10: called in ${peeked} of ${seeds}`,
        units,
        from: -4,
        to: 8,
        ticks: [-4, 0, 4, 8].map((value) => [value, String(value)] as const),
        marks: [[called, 'z = 1.64']],
        lines: order(naive),
      },
    ],
  })
  return [
    {
      metric: `${title}: E at 20 or above`,
      value: promoted / seeds,
      ...wilson(promoted, seeds),
      n: seeds,
      goal: '≤ 0.05',
      reached: promoted / seeds <= 0.05,
      note: `z-test called ${peeked} of ${seeds}; chart ${folder}/${name}.svg`,
    },
  ]
}

const evidencePanel = (units: number): Panel => ({
  title: 'evidence',
  units,
  from: -3,
  to: 3,
  ticks: [-3, -2, -1, 0, 1, 2, 3].map((value) => [value, String(10 ** value)] as const),
  marks: [[Math.log10(20), 'E = 20']],
  lines: [],
})

interface Story {
  readonly name: 'promotion' | 'rollback'
  readonly candidate: string
  readonly incumbent: string
}

/**
 * One experiment by the ramp, from its first unit to its verdict, on the bundled airline runs: an agent takes the place of
 * the candidate memory, so that outcomes are real and the true difference is known. Seed 1, not chosen.
 */
function follow(agents: ReadonlyMap<string, Runs>, story: Story): Row {
  const [candidate, incumbent] = [agents.get(story.candidate), agents.get(story.incumbent)]
  if (candidate === undefined || incumbent === undefined) throw new Error('no airline runs')
  const effect = differenceOf(candidate, incumbent)
  const next = drawFrom({ candidate, incumbent }, seededRandom(1))
  const title = `${story.candidate} in the place of ${story.incumbent}, airline tasks`
  const { name } = story
  let state = openTest(settings)
  const [better, worse, estimate]: [number, number][][] = [[], [], []]
  const band: [number, number, number][] = []
  const moments: [number, string][] = [[0, '10 %']]
  for (let verdict = verdictOf(settings, state); verdict === 'continue'; ) {
    const before = state.stage
    state = commitUnit(settings, state, next(byRamp(state)))
    const { frontier: at, confidence } = state
    if (state.stage > before) {
      moments.push([at, `${100 * (stages[state.stage]?.pi ?? 0)} %`])
    }
    better?.push([at, logMixture(state.better.logs) / Math.LN10])
    worse?.push([at, logMixture(state.worse.logs) / Math.LN10])
    if (at >= 20) estimate?.push([at, state.sumZ / at])
    band.push([at, confidence.from / 200, confidence.to / 200])
    verdict = verdictOf(settings, state)
  }
  const decision = decide(settings, state)
  const [units, ends] = [state.frontier, decision.interval]
  const interval = `${points(ends?.low ?? 0)} to ${points(ends?.high ?? 0)} points`
  write(name, {
    title,
    caption: [
      `${decision.verdict} after ${units} units, ${state.n1} of them with the candidate, seed 1. True effect ${points(effect)} points, estimate where it stopped`,
      `${points(decision.estimate)}, confidence sequence ${interval}. ${decision.reasons.join('; ')}.`,
    ],
    panels: [
      {
        ...evidencePanel(units),
        title: 'evidence that it is better (green), worse (red)',
        lines: [
          { tone: 'better', points: better ?? [] },
          { tone: 'worse', points: worse ?? [] },
        ],
        moments,
      },
      {
        title: 'effect: what is not ruled out, and the estimate',
        units,
        from: -1,
        to: 1,
        ticks: [-1, -0.5, 0, 0.5, 1].map((value) => [value, points(value)] as const),
        marks: [
          [effect, 'true effect'],
          [0, ''],
        ],
        lines: [{ tone: 'estimate', points: estimate ?? [] }],
        band,
      },
    ],
  })
  return {
    metric: `${title}: ${decision.verdict} after so many units`,
    value: units,
    goal: name === 'promotion' ? 'promote' : 'rollback',
    reached: decision.verdict === (name === 'promotion' ? 'promote' : 'rollback'),
    note: `${state.n1} candidate units; estimate ${points(decision.estimate)}, confidence sequence ${interval}; chart ${folder}/${name}.svg`,
  }
}

/** What an administrator is told before an experiment starts, at a base rate of 60 %. */
function foresee(effect: number): Row {
  const settings = makeSettings({ smallestEffect: effect })
  const days = [20, 100, 500].map((unitsPerDay) => {
    const told = forecast(settings, { unitsPerDay, baseRate: 0.6, spread: null })
    return `${(told.days ?? 0).toFixed(1)} days at ${unitsPerDay} a day${told.hopeless ? ' (refused)' : ''}`
  })
  return {
    metric: `forecast at 60 %, by the ramp, T = 20: units for ${points(effect)} points`,
    value: forecast(settings, { unitsPerDay: 100, baseRate: 0.6, spread: null }).units,
    goal: null,
    reached: null,
    note: days.join(', '),
  }
}

const points = (effect: number) =>
  `${effect > 0 ? '+' : ''}${(100 * effect).toFixed(1)}`.replace('.0', '')

function write(name: string, chart: Chart): void {
  writeFileSync(`${folder}/${name}.svg`, drawChart(chart))
}
