import { hash, makeCase } from '../src/core/mining/_cases.ts'
import { minePatterns } from '../src/core/mining/mine.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { keepResults, type Row } from './_results.ts'
import { bootstrapMean, mean, wilson } from './_statistics.ts'

/** With 20 the interval lay on both sides of the goal, so there are three times as many where the goal stands. */
const seeds = Number(process.env.INJECTED_SEEDS ?? 100)
const goalAt = 1_000
const seedsAt = (sessions: number) => (sessions === goalAt ? 3 * seeds : seeds)
const types = 20
const effect = 0.15

type Kind = 'true' | 'confounded' | 'noise'
const kinds: readonly Kind[] = [
  ...Array<Kind>(6).fill('true'),
  ...Array<Kind>(30).fill('confounded'),
  ...Array<Kind>(24).fill('noise'),
]

/**
 * Sessions of 20 task types with base rates from 20 to 80 %: 6 calls that shift success by 15 points, 30
 * that only go with the type, 24 that do nothing (spec B.12). Names are shuffled by the seed.
 */
function plantSessions(sessions: number, seed: number) {
  const random = seededRandom(seed * 104_729)
  const base = Array.from({ length: types }, () => 0.2 + 0.6 * random())
  const name = (at: number) => `call_${String.fromCharCode(97 + ((at * 7 + seed) % 26))}${at}`
  const share = kinds.map((kind) =>
    base.map((rate) =>
      kind === 'confounded' ? Math.min(0.9, Math.max(0.1, rate + 0.4 * (random() - 0.5))) : 0.3,
    ),
  )
  return Array.from({ length: sessions }, (_, i) => {
    const type = Math.floor(random() * types)
    const has = kinds.map((_, at) => random() < (share[at]?.[type] ?? 0))
    const shift = kinds.reduce(
      (sum, kind, at) => sum + (kind === 'true' && has[at] ? (at % 2 === 0 ? effect : -effect) : 0),
      0,
    )
    const chance = Math.min(0.98, Math.max(0.02, (base[type] ?? 0.5) + shift))
    // One call that every session makes keeps the order of the others from telling anything.
    const calls = ['open', ...has.flatMap((on, at) => (on ? [name(at)] : []))]
    return makeCase(`s${String(i).padStart(5, '0')}`, calls, {
      type: `type ${type}`,
      principal: `p${i % 50}`,
      startedAt: new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString(),
      success: random() < chance,
    })
  }).map((one) => ({ one, kindOf: new Map(kinds.map((kind, at) => [name(at), kind])) }))
}

interface Counts {
  readonly found: number
  readonly wrong: number
  readonly naive: number
}

/** One dream over the sessions of one seed. */
function countFindings(sessions: number, seed: number): Counts {
  const made = plantSessions(sessions, seed)
  const kindOf = made[0]?.kindOf ?? new Map<string, Kind>()
  const report = minePatterns(
    made.map(({ one }) => one),
    { documents: [], hash },
  )
  const graded = report.findings.flatMap(({ grade, detail }) =>
    grade !== 'D' && detail.kind === 'step_outcome' ? [detail.tool] : [],
  )
  const found = graded.filter((tool) => kindOf.get(tool) === 'true').length
  const family = report.families.find(({ kind }) => kind === 'step_outcome')
  return { found, wrong: graded.length - found, naive: family?.unadjustedSignificant ?? 0 }
}

function toRateRow(sessions: number, counts: readonly Counts[]): Row {
  const shares = counts.map(({ found, wrong }) => wrong / Math.max(1, found + wrong))
  return {
    metric: `${sessions} sessions: false discovery rate (mean over seeds of that share)`,
    value: mean(shares),
    ...bootstrapMean(shares),
    n: shares.length,
    goal: '≤ 0.10',
    reached: mean(shares) <= 0.1,
  }
}

const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)

/**
 * Effects planted inside task types: how many are found, and how much of what is found is not there. The latter
 * of all findings of all seeds and, where the goal stands, as the mean over seeds of each seed's share: a false
 * discovery rate is the expectation of that.
 */
export function benchInjected(): void {
  const rows = [200, 500, 1_000, 2_000].flatMap((sessions): Row[] => {
    const rounds = seedsAt(sessions)
    const counts = Array.from({ length: rounds }, (_, at) => countFindings(sessions, at + 1))
    const [found, wrong] = [sum(counts.map((c) => c.found)), sum(counts.map((c) => c.wrong))]
    const [planted, all] = [6 * rounds, found + wrong]
    const naive = sum(counts.map((c) => c.naive)) / rounds
    const isGoal = sessions === goalAt
    const [goal, judged] = sessions >= goalAt ? ['≤ 0.10', true] : [null, false]
    return [
      {
        metric: `${sessions} sessions: share of the planted effects found`,
        value: found / planted,
        ...wilson(found, planted),
        n: planted,
        goal: isGoal ? '≥ 0.90' : null,
        reached: isGoal ? found / planted >= 0.9 : null,
        note: `±15 points, ${rounds} seeds; unadjusted tests would claim ${naive.toFixed(1)} of 60 calls`,
      },
      {
        metric: `${sessions} sessions: share of the graded findings that are not planted`,
        value: all === 0 ? 0 : wrong / all,
        ...wilson(wrong, all),
        n: all,
        goal,
        reached: judged ? wrong / Math.max(all, 1) <= 0.1 : null,
      },
      ...(isGoal ? [toRateRow(sessions, counts)] : []),
    ]
  })
  keepResults('injected', rows)
}
