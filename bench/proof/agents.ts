import type { Arm } from '../../src/core/experiment/assignment.ts'
import { evidenceOf, largestEvidence } from '../../src/core/experiment/betting.ts'
import { verdictOf } from '../../src/core/experiment/decision.ts'
import { commitPair, openReplay } from '../../src/core/experiment/paired-replay.ts'
import { makeSettings } from '../../src/core/experiment/settings.ts'
import { commitUnit, openTest } from '../../src/core/experiment/state.ts'
import type { CommittedUnit } from '../../src/core/experiment/unit.ts'
import { sessionOutcome } from '../../src/core/outcome/signal.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { readSourceSessions, type SourceName } from '../_sources.ts'
import { mean, shuffle, wilson } from '../_statistics.ts'
import { atHalf, type Coin, unit, type Verdict } from './trial.ts'

/** The sources name no principals and one type of task each. */
export const settings = makeSettings({ priorRate: 0.5, leastStrata: 1, leastPrincipals: 0 })
const seeds = 400

/** Successes (1) and failures of one agent by task. */
export type Runs = ReadonlyMap<string, readonly number[]>

const pairs: readonly (readonly [SourceName, candidate: string, incumbent: string])[] = [
  ['airline', 'claude-opus-4-6', 'qwen2.5:7b'],
  ['airline', 'gpt-4.1-mini-2025-04-14', 'qwen2.5:7b'],
  ['airline', 'qwen2.5:7b', 'gpt-4o'],
  ['airline', 'claude-opus-4-6', 'gpt-4o'],
  ['airline', 'gpt-4.1-mini-2025-04-14', 'gpt-4o'],
  ['airline', 'gpt-oss-120b', 'gpt-4o-2024-11-20'],
]
const splits: readonly (readonly [SourceName, string])[] = [
  ['airline', 'gpt-4o'],
  ['retail', 'grok-3'],
  ['retail', 'gpt-4.1-mini-2025-04-14'],
]

export async function readRuns(name: SourceName): Promise<Map<string, Runs>> {
  const agents = new Map<string, Map<string, number[]>>()
  for (const { session, outcomes } of await readSourceSessions(name)) {
    const { success } = sessionOutcome(outcomes)
    if (success === null || session.task.id === null) continue
    const runs = agents.get(session.agent.name) ?? new Map<string, number[]>()
    agents.set(session.agent.name, runs)
    runs.set(session.task.id, [...(runs.get(session.task.id) ?? []), success ? 1 : 0])
  }
  return agents
}

/** Two agents as the arms of an experiment, on real runs of the same tasks. */
export async function measureAgents(): Promise<Row[]> {
  const sources = new Map<SourceName, Map<string, Runs>>()
  for (const name of ['airline', 'retail'] as const) sources.set(name, await readRuns(name))
  const rows: Row[] = []
  for (const [source, one, other] of pairs) {
    const [candidate, incumbent] = [sources.get(source)?.get(one), sources.get(source)?.get(other)]
    if (candidate === undefined || incumbent === undefined) {
      console.log(`proof: no runs of ${one} and ${other} on ${source}, left out`)
      continue
    }
    rows.push(...comparePair(`${source}, ${one} against ${other}`, candidate, incumbent))
  }
  for (const [source, agent] of splits) {
    const runs = sources.get(source)?.get(agent)
    if (runs !== undefined) rows.push(splitOne(`${source}, ${agent} against itself`, runs))
  }
  return rows
}

interface Ending {
  readonly verdict: Verdict
  readonly units: number
}

/**
 * Tasks come again and again in random order; a coin picks the agent, and one of its runs of the task is what came of
 * it. The difference that is true of such a stream is known.
 */
export function drawFrom(
  { candidate, incumbent }: { readonly candidate: Runs; readonly incumbent: Runs },
  random: () => number,
): (coin: Coin) => CommittedUnit {
  const tasks = listShared(candidate, incumbent)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  return ({ pi, stage }) => {
    const task = pick(tasks)
    const arm: Arm = random() < pi ? 'candidate' : 'incumbent'
    const value = pick((arm === 'candidate' ? candidate : incumbent).get(task) ?? [])
    return unit({ stratum: 'all', arm, value, pi, stage })
  }
}

const listShared = (one: Runs, other: Runs) => [...one.keys()].filter((task) => other.has(task))

/** Mean over the tasks that both did. */
export function differenceOf(candidate: Runs, incumbent: Runs): number {
  return mean(
    listShared(candidate, incumbent).map(
      (task) => mean(candidate.get(task) ?? []) - mean(incumbent.get(task) ?? []),
    ),
  )
}

function stream(candidate: Runs, incumbent: Runs, seed: number): Ending {
  const draw = drawFrom({ candidate, incumbent }, seededRandom(seed))
  let state = openTest(settings)
  for (;;) {
    state = commitUnit(settings, state, draw(atHalf()))
    const verdict = verdictOf(settings, state)
    if (verdict !== 'continue') return { verdict, units: state.frontier }
  }
}

function comparePair(name: string, candidate: Runs, incumbent: Runs): Row[] {
  const tasks = listShared(candidate, incumbent)
  const effect = differenceOf(candidate, incumbent)
  const ended = Array.from({ length: seeds }, (_, seed) => stream(candidate, incumbent, seed + 1))
  const [right, wrong]: readonly Verdict[] =
    effect > 0 ? ['promote', 'rollback'] : ['rollback', 'promote']
  const called = ended.filter(({ verdict }) => verdict === right)
  const missed = ended.filter(({ verdict }) => verdict === wrong).length
  const units = called.map((one) => one.units).toSorted((a, b) => a - b)
  const isReal = Math.abs(effect) >= settings.smallestEffect
  return [
    {
      metric: `${name}: called rightly (${right})`,
      value: called.length / seeds,
      ...wilson(called.length, seeds),
      n: seeds,
      goal: isReal ? '≥ 0.8' : null,
      reached: isReal ? called.length / seeds >= 0.8 : null,
      note: `true difference ${(100 * effect).toFixed(1)} points on ${tasks.length} tasks; called the other way ${missed} times; half by ${units[Math.ceil(seeds / 2) - 1] ?? 'more than 1124'} units; each task once, in pairs: ${sayReplay(candidate, incumbent, tasks)}`,
    },
  ]
}

/** Paired replay with the first run of each agent on each task, once, in one seeded order. */
function sayReplay(candidate: Runs, incumbent: Runs, tasks: readonly string[]): string {
  let state = openReplay()
  for (const task of shuffle(tasks, seededRandom(7))) {
    state = commitPair(state, {
      candidate: candidate.get(task)?.[0] ?? 0,
      incumbent: incumbent.get(task)?.[0] ?? 0,
    })
  }
  const side = state.sum >= 0 ? state.better : state.worse
  const proven = largestEvidence(side) >= 20
  return `E ${evidenceOf(side).toPrecision(3)}${proven ? ', proven' : ', not proven'}`
}

/** One agent's runs in random order, each once; the coin only names them. */
function splitOne(name: string, runs: Runs): Row {
  const all = [...runs.values()].flat()
  let called = 0
  for (let seed = 1; seed <= 5 * seeds; seed += 1) {
    const random = seededRandom(900_000_000 + seed)
    let state = openTest(settings)
    for (const value of shuffle(all, random)) {
      const arm: Arm = random() < 0.5 ? 'candidate' : 'incumbent'
      state = commitUnit(settings, state, unit({ stratum: 'all', arm, value, stage: 2 }))
      const verdict = verdictOf(settings, state)
      if (verdict === 'continue') continue
      if (verdict !== 'inconclusive') called += 1
      break
    }
  }
  const interval = wilson(called, 5 * seeds)
  return {
    metric: `${name}: called either way`,
    value: called / (5 * seeds),
    ...interval,
    n: 5 * seeds,
    goal: '≤ 0.10 (0.05 a side)',
    reached: interval.high <= 0.1,
    note: `${all.length} runs, each seen once`,
  }
}
