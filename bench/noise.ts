import type { QuotedCase } from '../src/core/mining/case.ts'
import type { MiningReport } from '../src/core/mining/finding.ts'
import { minePatterns } from '../src/core/mining/mine.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { hash } from '../test/_airline.ts'
import { keepResults, type Row } from './_results.ts'
import { listSource, readSource, type SourceName } from './_sources.ts'
import { bootstrapMean, mean, shuffle, wilson } from './_statistics.ts'

type Random = () => number
type Deal = (cases: readonly QuotedCase[], random: Random) => QuotedCase[]

const rounds = 200

/** Outcomes dealt out anew inside every task: no pattern can make a difference any more. */
const withinTasks: Deal = (cases, random) =>
  [...Map.groupBy(cases, ({ trace }) => trace.task.id ?? trace.sessionId).values()].flatMap(
    (group) => {
      const outcomes = shuffle(group, random)
      return group.map((one, at) => ({ ...one, success: outcomes[at]?.success ?? null }))
    },
  )

/** Whole tasks change their outcomes with others of the same size: outcomes stay alike inside a task. */
const taskBlocks: Deal = (cases, random) => {
  const tasks = [...Map.groupBy(cases, ({ trace }) => trace.task.id ?? trace.sessionId).values()]
  return [...Map.groupBy(tasks, (group) => group.length).values()].flatMap((alike) => {
    const givers = shuffle(alike, random)
    return alike.flatMap((group, at) =>
      group.map((one, i) => ({ ...one, success: givers[at]?.[i]?.success ?? null })),
    )
  })
}

/** A coin for every session, at the rate of all. */
const coins: Deal = (cases, random) => {
  const rate = cases.filter(({ success }) => success === true).length / cases.length
  return cases.map((one) => ({ ...one, success: random() < rate }))
}

/** A/A: a random half gets one call more that does nothing; real outcomes stay. */
const halves: Deal = (cases, random) =>
  cases.map((one) => {
    const [first] = one.trace.steps
    if (!first || random() < 0.5) return one
    const marker = {
      ...first,
      tool: 'aa_marker',
      act: 'aa_marker',
      status: 'ok' as const,
      error: null,
    }
    const steps = [marker, ...one.trace.steps].map((step, index) => ({ ...step, index }))
    return { ...one, trace: { ...one.trace, steps } }
  })

const isGraded = ({ findings }: MiningReport<{ grade: string; key: string }>) =>
  findings.filter(({ grade }) => grade !== 'D')

/** How often the miners claim something where nothing is. */
export async function benchNoise(): Promise<void> {
  const rows: Row[] = []
  const names: SourceName[] = ['airline', 'tau-bench', 'tau2', 'intercode']
  for (const name of names) {
    if (listSource(name).length === 0) {
      console.log(`noise: ${name} is not here, left out`)
      continue
    }
    const cases = await readSource(name)
    rows.push(...measure(`${name}, shuffled within tasks`, cases, { deal: withinTasks }))
    rows.push(...measure(`${name}, task blocks exchanged`, cases, { deal: taskBlocks }))
    if (name === 'airline' || name === 'intercode') {
      rows.push(...measure(`${name}, coin flips`, cases, { deal: coins }))
      rows.push(
        ...measure(`${name}, A/A marker`, cases, { deal: halves, only: 'step_outcome:aa_marker' }),
      )
    }
  }
  keepResults('noise', rows)
}

function measure(
  metric: string,
  cases: readonly QuotedCase[],
  { deal, only }: { readonly deal: Deal; readonly only?: string },
): Row[] {
  const random = seededRandom(2026)
  const found: number[] = []
  const naive: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const report = minePatterns(deal(cases, random), { documents: [], hash })
    const graded = isGraded(report).filter(({ key }) => only === undefined || key.includes(only))
    found.push(graded.length)
    naive.push(report.families.reduce((sum, family) => sum + family.unadjustedSignificant, 0))
  }
  const any = found.filter((count) => count > 0).length
  return [
    {
      metric: `${metric}: share of rounds with any graded finding`,
      value: any / rounds,
      ...wilson(any, rounds),
      n: rounds,
      goal: '≤ 0.10',
      reached: any / rounds <= 0.1,
      note: `${cases.length} sessions`,
    },
    {
      metric: `${metric}: graded findings a round`,
      value: mean(found),
      ...bootstrapMean(found),
      n: rounds,
      goal: '≤ 0.1',
      reached: mean(found) <= 0.1,
      note:
        only === undefined
          ? `unadjusted tests would claim ${mean(naive).toFixed(1)}`
          : 'claims about the marker only',
    },
  ]
}
