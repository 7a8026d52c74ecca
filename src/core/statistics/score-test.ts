import { intervalQuantile, normalCdf } from './normal.ts'

/**
 * Rows with a task and an agent each; `residual` is what is left of the outcome when both are taken out of
 * it. Rows of one task and one agent share a cell, and a comparison goes by cells: they are far fewer.
 */
export interface AdditiveModel {
  readonly tasks: number
  readonly agents: number
  readonly cellOf: Int32Array
  readonly cells: Cells
  readonly residual: Float64Array
  /** By cell: sums of the residuals and of their squares. */
  readonly sums: Float64Array
  readonly squares: Float64Array
}

interface Cells {
  readonly task: Int32Array
  readonly agent: Int32Array
  readonly rows: Float64Array
}

export interface ScoreTest {
  readonly riskDifference: number
  readonly low: number
  readonly high: number
  readonly p: number
}

interface Design {
  readonly task: Int32Array
  readonly agent: Int32Array
  readonly tasks: number
  readonly agents: number
  readonly y: Float64Array
}

/** Takes additive task and agent effects out of the outcome, by least squares. */
export function fitAdditive({ task, agent, tasks, agents, y }: Design): AdditiveModel {
  const numbers = new Map<number, number>()
  const cellOf = Int32Array.from(task, (of, row) => {
    const key = of * agents + (agent[row] as number)
    const cell = numbers.get(key) ?? numbers.size
    numbers.set(key, cell)
    return cell
  })
  const cells: Cells = {
    task: Int32Array.from(numbers.keys(), (key) => Math.floor(key / agents)),
    agent: Int32Array.from(numbers.keys(), (key) => key % agents),
    rows: new Float64Array(numbers.size),
  }
  const totals = new Float64Array(numbers.size)
  cellOf.forEach((cell, row) => {
    cells.rows[cell] = (cells.rows[cell] as number) + 1
    totals[cell] = (totals[cell] as number) + (y[row] as number)
  })
  const level = fitCells({ tasks, agents, cells }, totals)
  const residual = y.map((value, row) => value - (level[cellOf[row] as number] as number))
  const sums = new Float64Array(numbers.size)
  const squares = new Float64Array(numbers.size)
  cellOf.forEach((cell, row) => {
    const left = residual[row] as number
    sums[cell] = (sums[cell] as number) + left
    squares[cell] = (squares[cell] as number) + left * left
  })
  return { tasks, agents, cellOf, cells, residual, sums, squares }
}

/**
 * Score test of one more effect beside additive task and agent effects, in the linear probability model with
 * variances that hold for unequal rows (White 1980), and that effect's size. Needs no strata of both, which
 * are too small where every agent does every task once. `having`: the rows that show the pattern, each once.
 * Null where task and agent determine the pattern.
 */
export function testScore(
  model: AdditiveModel,
  having: Iterable<number>,
  level: number,
): ScoreTest | null {
  const sides = splitSides(model, having)
  let information = 0
  let score = 0
  let variance = 0
  for (const { x, rows, sum, square } of sides) {
    for (let cell = 0; cell < rows.length; cell += 1) {
      const a = x[cell] as number
      information += a * a * (rows[cell] as number)
      score += a * (sum[cell] as number)
      variance += a * a * (square[cell] as number)
    }
  }
  const free = model.residual.length - model.tasks - model.agents
  if (information < 1e-6 || variance < 1e-12 || free < 1) return null
  const scale = model.residual.length / free
  const riskDifference = score / information
  let spread = 0
  for (const { x, rows, sum, square } of sides) {
    for (let cell = 0; cell < rows.length; cell += 1) {
      const a = x[cell] as number
      const moved = riskDifference * a
      const left = (square[cell] as number) - 2 * moved * (sum[cell] as number)
      spread += a * a * (left + moved * moved * (rows[cell] as number))
    }
  }
  const margin = (intervalQuantile(level) * Math.sqrt(scale * Math.max(spread, 0))) / information
  return {
    riskDifference,
    low: Math.max(riskDifference - margin, -1),
    high: Math.min(riskDifference + margin, 1),
    p: 2 * normalCdf(-Math.abs(score) / Math.sqrt(scale * variance)),
  }
}

/** Rows with and rows without the pattern, by cell: what task and agent leave of it, and their residuals. */
function splitSides({ tasks, agents, cells, ...model }: AdditiveModel, having: Iterable<number>) {
  const count = cells.rows.length
  const rows = new Float64Array(count)
  const sum = new Float64Array(count)
  const square = new Float64Array(count)
  for (const row of having) {
    const cell = model.cellOf[row] as number
    const left = model.residual[row] as number
    rows[cell] = (rows[cell] as number) + 1
    sum[cell] = (sum[cell] as number) + left
    square[cell] = (square[cell] as number) + left * left
  }
  const level = fitCells({ tasks, agents, cells }, rows)
  const others = (all: Float64Array, some: Float64Array) =>
    all.map((value, cell) => value - (some[cell] as number))
  return [
    { x: level.map((value) => 1 - value), rows, sum, square },
    {
      x: level.map((value) => -value),
      rows: others(cells.rows, rows),
      sum: others(model.sums, sum),
      square: others(model.squares, square),
    },
  ]
}

const rounds = 200

/** Task plus agent effect of every cell, by alternating projections until they stand still. */
function fitCells(
  { tasks, agents, cells }: Pick<AdditiveModel, 'tasks' | 'agents' | 'cells'>,
  totals: Float64Array,
): Float64Array {
  const level = new Float64Array(totals.length)
  const [taskRows, agentRows] = [
    countRows(cells.rows, cells.task, tasks),
    countRows(cells.rows, cells.agent, agents),
  ]
  for (let round = 0; round < rounds; round += 1) {
    const left = { totals, level, rows: cells.rows }
    const moved = Math.max(centre(left, cells.task, taskRows), centre(left, cells.agent, agentRows))
    if (moved < 1e-9) break
  }
  return level
}

function countRows(rows: Float64Array, group: Int32Array, groups: number): Float64Array {
  const counts = new Float64Array(groups)
  for (let cell = 0; cell < rows.length; cell += 1) {
    const at = group[cell] as number
    counts[at] = (counts[at] as number) + (rows[cell] as number)
  }
  return counts
}

interface Left {
  readonly totals: Float64Array
  readonly level: Float64Array
  readonly rows: Float64Array
}

function centre({ totals, level, rows }: Left, group: Int32Array, counts: Float64Array): number {
  const means = new Float64Array(counts.length)
  for (let cell = 0; cell < rows.length; cell += 1) {
    const at = group[cell] as number
    const left = (totals[cell] as number) - (rows[cell] as number) * (level[cell] as number)
    means[at] = (means[at] as number) + left
  }
  let moved = 0
  for (let at = 0; at < means.length; at += 1) {
    means[at] = counts[at] === 0 ? 0 : (means[at] as number) / (counts[at] as number)
    moved = Math.max(moved, Math.abs(means[at] as number))
  }
  for (let cell = 0; cell < rows.length; cell += 1) {
    level[cell] = (level[cell] as number) + (means[group[cell] as number] as number)
  }
  return moved
}
