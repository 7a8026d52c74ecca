import { mineBehaviours } from '../src/core/mining/behaviours.ts'
import type { Candidate, Patterns } from '../src/core/mining/candidate.ts'
import type { QuotedCase } from '../src/core/mining/case.ts'
import { type Contrast, contrast } from '../src/core/mining/contrast.ts'
import { mineErrors } from '../src/core/mining/errors.ts'
import { judge } from '../src/core/mining/judge.ts'
import { layOut, type Population } from '../src/core/mining/population.ts'
import { mineSequences } from '../src/core/mining/sequences.ts'
import { mineSources } from '../src/core/mining/source-reliability.ts'
import { mineStepOutcomes } from '../src/core/mining/step-outcomes.ts'
import { mineWastedSteps } from '../src/core/mining/wasted-steps.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { hash } from '../test/_airline.ts'
import { keepResults, type Row } from './_results.ts'
import { listSource, readSource, type SourceName } from './_sources.ts'
import { bootstrapMean, mean, shuffle, wilson } from './_statistics.ts'

/** What is found on one half of the data and looked at again on the other. */
interface Again {
  readonly trained: number
  readonly shrunk: number
  readonly tested: number | null
  readonly excludesZero: boolean
  readonly graded: boolean
}

const splits = 60

/** Discoveries on half of the tasks (or the earlier half of the time), and the same patterns on the other half. */
export async function benchReplication(): Promise<void> {
  const rows: Row[] = []
  const kinds: readonly [SourceName, 'tasks' | 'time'][] = [
    ['airline', 'tasks'],
    ['tau2', 'tasks'],
    ['intercode', 'tasks'],
    ['entire-cli', 'time'],
  ]
  for (const [name, by] of kinds) {
    if (listSource(name).length === 0) {
      console.log(`replication: ${name} is not here, left out`)
      continue
    }
    const cases = await readSource(name)
    const random = seededRandom(7)
    const rounds = by === 'time' ? 1 : splits
    const again = Array.from({ length: rounds }, () => split(cases, by, random)).flatMap(lookAgain)
    rows.push(...summarise(`${name}, split by ${by}`, again, rounds))
  }
  keepResults('replication', rows)
}

function split(cases: readonly QuotedCase[], by: 'tasks' | 'time', random: () => number) {
  if (by === 'time') {
    const ordered = cases.toSorted((a, b) =>
      (a.trace.startedAt ?? '') < (b.trace.startedAt ?? '') ? -1 : 1,
    )
    const half = Math.floor(ordered.length / 2)
    return [ordered.slice(0, half), ordered.slice(half)] as const
  }
  const tasks = shuffle(
    [...Map.groupBy(cases, ({ trace }) => trace.task.id ?? trace.sessionId).values()],
    random,
  )
  const half = Math.floor(tasks.length / 2)
  return [tasks.slice(0, half).flat(), tasks.slice(half).flat()] as const
}

const mineAll = (population: Population): Patterns[] => [
  mineStepOutcomes(population),
  mineSequences(population),
  mineBehaviours(population),
  mineErrors(population, hash),
  mineWastedSteps(population),
  mineSources(population),
]

/** Patterns are the same on both halves when they have the same name. */
function lookAgain([train, test]: readonly [
  readonly QuotedCase[],
  readonly QuotedCase[],
]): Again[] {
  const [here, there] = [layOut(train), layOut(test)]
  const [mined, other] = [mineAll(here), mineAll(there)]
  const judged = judge(here, mined)
  return mined.flatMap((patterns, family) => {
    const elsewhere = new Map(
      (other[family]?.candidates ?? []).map((candidate): [string, Candidate] => [
        candidate.name,
        candidate,
      ]),
    )
    return patterns.candidates.flatMap((candidate, index): Again[] => {
      const one = judged[family]?.judged[index]
      const nominal = one?.effect && one.effect.p <= 0.01
      if (!one?.effect || !nominal) return []
      const twin = elsewhere.get(candidate.name)
      const found: Contrast | null = twin ? contrast(there, twin) : null
      const tested = found?.effect ?? null
      return [
        {
          trained: one.effect.riskDifference,
          shrunk: one.effect.shrunk,
          tested: tested?.riskDifference ?? null,
          excludesZero: tested !== null && (tested.low > 0 || tested.high < 0),
          graded: one.grade !== 'D',
        },
      ]
    })
  })
}

function summarise(name: string, again: readonly Again[], rounds: number): Row[] {
  return (['graded', 'p ≤ 0.01'] as const).flatMap((which): Row[] => {
    const chosen = again.filter(({ graded }) => which !== 'graded' || graded)
    const seen = chosen.filter((one): one is Again & { tested: number } => one.tested !== null)
    const same = seen.filter(({ trained, tested }) => trained * tested > 0)
    const strong = same.filter(({ excludesZero }) => excludesZero)
    const ratios = seen.map(({ tested, shrunk }) => tested * Math.sign(shrunk))
    const expected = mean(seen.map(({ shrunk }) => Math.abs(shrunk)))
    const scaled = ratios.map((value) => value / expected)
    const raw = mean(seen.map(({ trained }) => Math.abs(trained)))
    const label = `${name}, ${which} discoveries`
    if (seen.length === 0) {
      return [
        {
          metric: `${label}: same sign on the other half`,
          value: 'nothing to look at again',
          n: chosen.length,
          goal: '≥ 0.95',
          reached: null,
          note: `${chosen.length} discoveries in ${rounds} splits`,
        },
      ]
    }
    const goal = which === 'graded'
    return [
      {
        metric: `${label}: same sign on the other half`,
        value: same.length / seen.length,
        ...wilson(same.length, seen.length),
        n: seen.length,
        goal: goal ? '≥ 0.95' : null,
        reached: goal ? same.length / seen.length >= 0.95 : null,
        note: `${chosen.length} discoveries in ${rounds} splits; splits overlap, so the interval is too narrow`,
      },
      {
        metric: `${label}: interval excludes zero on the other half`,
        value: strong.length / seen.length,
        ...wilson(strong.length, seen.length),
        n: seen.length,
        goal: goal ? '≥ 0.60' : null,
        reached: goal ? strong.length / seen.length >= 0.6 : null,
      },
      {
        metric: `${label}: effect on the other half / shrunk effect`,
        value: mean(scaled),
        ...bootstrapMean(scaled),
        n: seen.length,
        goal: goal ? '0.8 … 1.2' : null,
        reached: goal ? mean(scaled) >= 0.8 && mean(scaled) <= 1.2 : null,
        note: `raw effect ${raw.toFixed(3)}, shrunk ${expected.toFixed(3)}, other half ${mean(ratios).toFixed(3)}`,
      },
    ]
  })
}
