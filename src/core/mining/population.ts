import { type AdditiveModel, fitAdditive } from '../statistics/score-test.ts'
import { cells, countsOf, type StrataCounts } from '../statistics/strata.ts'
import { Lexicon } from '../transcript/lexicon.ts'
import { layOutSteps, type StepSpan } from '../transcript/step-columns.ts'
import { agentKey, type Case, inCanonicalOrder, type LaidOutCase, principalKey } from './case.ts'
import { findTaskTypes, type TaskTypes } from './task-types.ts'

export type Adjustment = 'task' | 'task_type' | 'task_cluster' | 'nothing'

/**
 * The sessions of a dream, laid out for comparing: rows are those with a decided outcome, in strata that
 * hold the task fixed as well as the source allows. Built once; every pattern is compared on it.
 */
export interface Population<One extends Case = Case> {
  /** In canonical order; patterns name sessions by their index here. */
  readonly cases: readonly LaidOutCase<One>[]
  /** What the numbers of texts in the steps' columns mean. */
  readonly lexicon: Lexicon
  readonly types: TaskTypes
  readonly adjustedFor: Adjustment
  /** Case index → row, or -1 where no outcome is decided. Rows of one stratum stand together. */
  readonly rowOf: Int32Array
  readonly outcomes: Uint8Array
  /** Case index → number of its task (else its type) and of who stands behind it; -1 where unknown. */
  readonly taskOf: Numbered
  readonly principalOf: Numbered
  readonly stratumOf: Int32Array
  readonly strata: readonly StratumTotals[]
  /** Counts of a pattern that no session shows, of all rows and of those held back. */
  readonly strataCounts: StrataCounts
  readonly laterCounts: StrataCounts
  /** Additive task and agent effects over the informative rows; null where one agent did all the work. */
  readonly additive: AdditiveModel | null
  /** Row → row of the additive model, or -1 where its stratum says nothing. */
  readonly additiveRow: Int32Array
  readonly agents: number
  /** 1 for rows that a pattern must be seen on again, in the same direction. */
  readonly later: Uint8Array
  readonly laterBy: 'time' | 'tasks'
  readonly laterRows: number
}

/** Case index → number of its name, from 0; -1 where there is none. */
export interface Numbered {
  readonly of: Int32Array
  /** One place a name for whoever counts: zero before, and zero again after. */
  readonly counts: Int32Array
}

interface StratumTotals {
  readonly first: number
  readonly rows: number
  readonly successes: number
}

export function layOut<One extends Case>(given: readonly One[]): Population<One> {
  const { cases, lexicon } = layOutCases(inCanonicalOrder(given))
  const types = findTaskTypes(cases)
  const decided = cases.flatMap(({ success }, index) => (success === null ? [] : [index]))
  const adjustedFor = chooseAdjustment(cases, decided, types)
  const key = (index: number) => keyOf(cases, types, { adjustedFor, index })
  const groups = [...Map.groupBy(decided, key)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const rowOf = new Int32Array(cases.length).fill(-1)
  const outcomes = new Uint8Array(decided.length)
  const stratumOf = new Int32Array(decided.length)
  const strata: StratumTotals[] = []
  let row = 0
  for (const [, members] of groups) {
    const first = row
    let successes = 0
    for (const index of members) {
      rowOf[index] = row
      stratumOf[row] = strata.length
      outcomes[row] = cases[index]?.success ? 1 : 0
      successes += outcomes[row] ?? 0
      row += 1
    }
    strata.push({ first, rows: members.length, successes })
  }
  const base = { cases, lexicon, types, adjustedFor, rowOf, outcomes, stratumOf, strata }
  const taskOf = numberAll(cases, ({ trace }, index) => trace.task.id ?? types.of[index] ?? null)
  const principalOf = numberAll(cases, principalKey)
  const split = splitLater(base, decided)
  return {
    ...base,
    taskOf,
    principalOf,
    ...addAgents(base),
    ...split,
    ...countWithout(base, split),
  }
}

/** Cases from one store share a lexicon already; any others get one together. */
function layOutCases<One extends Case>(
  cases: readonly One[],
): Pick<Population<One>, 'cases' | 'lexicon'> {
  const shared = cases[0]?.steps?.columns.lexicon
  if (shared && cases.every((one) => one.steps?.columns.lexicon === shared)) {
    return { cases: cases as readonly LaidOutCase<One>[], lexicon: shared }
  }
  const lexicon = new Lexicon()
  const spans = layOutSteps(
    cases.map(({ trace }) => trace),
    lexicon,
  )
  return {
    cases: cases.map((one, index) => ({ ...one, steps: spans[index] as StepSpan })),
    lexicon,
  }
}

/** A case by itself. */
export function layOutOne<One extends Case>(one: One): LaidOutCase<One> {
  return layOutCases([one]).cases[0] as LaidOutCase<One>
}

/** Numbers names in the order in which they first come. */
function numberAll(
  cases: readonly Case[],
  nameOf: (one: Case, index: number) => string | null,
): Numbered {
  const numbers = new Map<string, number>()
  const of = Int32Array.from(cases, (one, index) => {
    const name = nameOf(one, index)
    if (name === null) return -1
    const number = numbers.get(name) ?? numbers.size
    numbers.set(name, number)
    return number
  })
  return { of, counts: new Int32Array(numbers.size) }
}

type Base = Pick<
  Population,
  'cases' | 'types' | 'adjustedFor' | 'rowOf' | 'outcomes' | 'stratumOf' | 'strata'
>

function keyOf(
  cases: readonly Case[],
  types: TaskTypes,
  { adjustedFor, index }: { adjustedFor: Adjustment; index: number },
): string {
  if (adjustedFor === 'task') return cases[index]?.trace.task.id ?? ''
  return adjustedFor === 'nothing' ? '' : (types.of[index] ?? '')
}

/** The task where most sessions repeat one, else its type, else nothing. */
function chooseAdjustment(
  cases: readonly Case[],
  decided: readonly number[],
  types: TaskTypes,
): Adjustment {
  const tasks = Map.groupBy(decided, (index) => cases[index]?.trace.task.id ?? null)
  const repeated = [...tasks].filter(([task, runs]) => task !== null && runs.length > 1)
  const covered = repeated.reduce((sum, [, runs]) => sum + runs.length, 0)
  if (decided.length === 0) return 'nothing'
  if (covered * 2 >= decided.length) return 'task'
  const typed = decided.filter((index) => types.of[index] !== null).length
  if (typed * 2 < decided.length || types.from === 'none') return 'nothing'
  return types.from === 'source' ? 'task_type' : 'task_cluster'
}

/** Agents with fewer sessions share one effect. */
const fewestOfAgent = 5

function addAgents(base: Base): Pick<Population, 'additive' | 'additiveRow' | 'agents'> {
  const { cases, rowOf, outcomes, stratumOf, strata } = base
  const informative = strata.map(({ rows, successes }) => successes > 0 && successes < rows)
  const additiveRow = new Int32Array(outcomes.length).fill(-1)
  const kept: { readonly row: number; readonly agent: string }[] = []
  const agentOfRow = new Map<number, string>()
  cases.forEach((one, index) => {
    if ((rowOf[index] ?? -1) !== -1) agentOfRow.set(rowOf[index] as number, agentKey(one))
  })
  for (let row = 0; row < outcomes.length; row += 1) {
    if (!informative[stratumOf[row] as number]) continue
    additiveRow[row] = kept.length
    kept.push({ row, agent: agentOfRow.get(row) ?? '' })
  }
  const agents = numberAgents(kept.map(({ agent }) => agent))
  const count = new Set(agents).size
  const all = new Set(agentOfRow.values()).size
  if (count < 2 || base.adjustedFor === 'nothing')
    return { additive: null, additiveRow, agents: all }
  const additive = fitAdditive({
    task: Int32Array.from(kept, ({ row }) => stratumOf[row] as number),
    agent: Int32Array.from(agents),
    tasks: strata.length,
    agents: count,
    y: Float64Array.from(kept, ({ row }) => outcomes[row] as number),
  })
  return { additive, additiveRow, agents: all }
}

function numberAgents(keys: readonly string[]): number[] {
  const sizes = new Map<string, number>()
  for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1)
  const numbers = new Map<string, number>()
  return keys.map((key) => {
    const name = (sizes.get(key) ?? 0) < fewestOfAgent ? '' : key
    const number = numbers.get(name) ?? numbers.size
    numbers.set(name, number)
    return number
  })
}

function countWithout(
  { strata, stratumOf, outcomes }: Base,
  { later }: Pick<Population, 'later'>,
): Pick<Population, 'strataCounts' | 'laterRows' | 'laterCounts'> {
  const strataCounts = countsOf(
    strata.map(({ rows, successes }) => ({
      successWith: 0,
      failureWith: 0,
      successWithout: successes,
      failureWithout: rows - successes,
    })),
  )
  const laterCounts = new Int32Array(strataCounts.length)
  let laterRows = 0
  later.forEach((kept, row) => {
    if (kept === 0) return
    laterRows += 1
    const cell = cells * (stratumOf[row] as number) + 3 - (outcomes[row] as number)
    laterCounts[cell] = (laterCounts[cell] as number) + 1
  })
  return { strataCounts, laterRows, laterCounts }
}

const laterShare = 0.3

/**
 * The last 30 % of the sessions by time. Where sources have no clock, every third task (in the order of
 * their names) instead: other tasks, though not later ones.
 */
function splitLater(
  { cases, rowOf, outcomes, stratumOf, strata }: Base,
  decided: readonly number[],
): Pick<Population, 'later' | 'laterBy'> {
  const later = new Uint8Array(outcomes.length)
  const timed = decided.every((index) => cases[index]?.trace.startedAt !== null)
  if (timed) {
    for (const index of decided.slice(Math.ceil(decided.length * (1 - laterShare)))) {
      later[rowOf[index] as number] = 1
    }
    return { later, laterBy: 'time' }
  }
  for (let row = 0; row < later.length; row += 1) {
    const stratum = stratumOf[row] as number
    later[row] = strata.length < 3 ? (row % 3 === 2 ? 1 : 0) : stratum % 3 === 2 ? 1 : 0
  }
  return { later, laterBy: 'tasks' }
}
