import { normalCdf, normalQuantile } from './normal.ts'

/** Rows with a task and an agent each; `y` is what is left of the outcome when both are taken out of it. */
export interface AdditiveModel {
  readonly task: Int32Array
  readonly agent: Int32Array
  readonly tasks: number
  readonly agents: number
  readonly residual: Float64Array
}

export interface ScoreTest {
  readonly riskDifference: number
  readonly low: number
  readonly high: number
  readonly p: number
}

/** Takes additive task and agent effects out of the outcome, by least squares. */
export function fitAdditive(given: Omit<AdditiveModel, 'residual'> & { readonly y: Float64Array }) {
  const { y, ...design } = given
  return { ...design, residual: takeOut(y, design) }
}

/**
 * Score test of one more effect beside additive task and agent effects, in the linear probability model with
 * variances that hold for unequal rows (White 1980), and that effect's size. Needs no strata of both, which
 * are too small where every agent does every task once. Null where task and agent determine the pattern.
 */
export function testScore(
  model: AdditiveModel,
  has: Float64Array,
  level: number,
): ScoreTest | null {
  const x = takeOut(has, model)
  const { residual } = model
  let information = 0
  let score = 0
  let variance = 0
  for (let row = 0; row < x.length; row += 1) {
    const [a, e] = [x[row] as number, residual[row] as number]
    information += a * a
    score += a * e
    variance += a * a * e * e
  }
  const free = x.length - model.tasks - model.agents
  if (information < 1e-6 || variance < 1e-12 || free < 1) return null
  const scale = x.length / free
  const riskDifference = score / information
  let spread = 0
  for (let row = 0; row < x.length; row += 1) {
    const [a, e] = [x[row] as number, residual[row] as number]
    spread += a * a * (e - riskDifference * a) ** 2
  }
  const margin = (normalQuantile(0.5 + level / 2) * Math.sqrt(scale * spread)) / information
  return {
    riskDifference,
    low: Math.max(riskDifference - margin, -1),
    high: Math.min(riskDifference + margin, 1),
    p: 2 * normalCdf(-Math.abs(score) / Math.sqrt(scale * variance)),
  }
}

const rounds = 200

/** Residuals after task and agent means, by alternating projections until they stand still. */
function takeOut(
  values: Float64Array,
  { task, agent, tasks, agents }: Omit<AdditiveModel, 'residual'>,
): Float64Array {
  const left = Float64Array.from(values)
  for (let round = 0; round < rounds; round += 1) {
    const moved = Math.max(centre(left, task, tasks), centre(left, agent, agents))
    if (moved < 1e-9) break
  }
  return left
}

function centre(values: Float64Array, group: Int32Array, groups: number): number {
  const sums = new Float64Array(groups)
  const counts = new Float64Array(groups)
  for (let row = 0; row < values.length; row += 1) {
    const at = group[row] as number
    sums[at] = (sums[at] as number) + (values[row] as number)
    counts[at] = (counts[at] as number) + 1
  }
  let moved = 0
  for (let at = 0; at < groups; at += 1) {
    sums[at] = counts[at] === 0 ? 0 : (sums[at] as number) / (counts[at] as number)
    moved = Math.max(moved, Math.abs(sums[at] as number))
  }
  for (let row = 0; row < values.length; row += 1) {
    values[row] = (values[row] as number) - (sums[group[row] as number] as number)
  }
  return moved
}
