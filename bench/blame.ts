import { mkdirSync, writeFileSync } from 'node:fs'
import { blame, fitted, scoreSignals, type Weights } from '../src/core/blame/blame.ts'
import { type Candidate, findSignals, type Reason, type Turn } from '../src/core/blame/signals.ts'
import { contentText, type SessionEvent } from '../src/core/session.ts'
import { hash, type ReadSession } from '../test/_airline.ts'
import { countOpeningsBlamed } from './_blame-airline.ts'
import { keepResults, type Row } from './_results.ts'
import { readSourceSessions } from './_sources.ts'
import { wilson } from './_statistics.ts'

/** A failed run with the turn that people blamed. */
interface Labelled {
  readonly team: string
  readonly half: 'tune' | 'report'
  readonly turns: readonly Turn[]
  readonly candidates: readonly Candidate[]
  readonly step: number
  readonly agent: string
}

/**
 * Who&When: does the ranking find the turn that people blamed? Weights come from one half of the runs, by a
 * hash of their names; the other half decides. Every baseline sees the same halves.
 */
export async function benchBlame(): Promise<void> {
  const runs = (await readSourceSessions('who-and-when')).map(readLabelled)
  if (runs.length === 0) {
    console.log('blame: skipped, the larger set of transcripts is absent')
    return
  }
  const tune = runs.filter(({ half }) => half === 'tune')
  const report = runs.filter(({ half }) => half === 'report')
  const refitted = fitWeights(tune)
  const rules = { blame: byBlame, ...baselines(tune) }
  const parts = {
    report,
    'report, hand-crafted': report.filter(({ team }) => team === 'hand-crafted'),
    'report, algorithm-generated': report.filter(({ team }) => team === 'algorithm-generated'),
    all: runs,
    'all, hand-crafted': runs.filter(({ team }) => team === 'hand-crafted'),
    'all, algorithm-generated': runs.filter(({ team }) => team === 'algorithm-generated'),
    tune,
  }
  const measured = mapValues(parts, (part) => mapValues(rules, (rule) => judge(part, rule)))
  const verdict = compare(measured.report)
  const why = countReasons(report)
  const rivals = Object.entries(rules).filter(([name]) => name !== 'blame')
  const paired = Object.fromEntries(rivals.map(([name, rule]) => [name, pair(report, rule)]))
  keepResults('blame', [
    ...toRows(measured, Object.keys(rules)),
    verdictRow(verdict),
    await countOpeningsBlamed(),
  ])
  saveDetails({
    verdict,
    paired,
    why,
    measured,
    weights: { committed: fitted, refitted },
    halves: halvesOf(runs),
  })
}

function readLabelled({ session, events, outcomes }: ReadSession): Labelled {
  const turns = readTurns(events)
  const { mistake_step, mistake_agent } = outcomes[0]?.components ?? {}
  return {
    team: session.labels.team ?? 'unknown',
    half: Number.parseInt(hash(session.key).slice(0, 1), 16) < 8 ? 'tune' : 'report',
    turns,
    candidates: findSignals(turns),
    step: Number(mistake_step),
    agent: String(mistake_agent),
  }
}

/** The importer keeps turn n of a history in raw record n + 1; the question alone is record 0. */
function readTurns(events: readonly SessionEvent[]): Turn[] {
  return [...Map.groupBy(events, ({ record }) => record)].flatMap(([record, group]) => {
    const runs = group.some(({ body }) => body.type === 'agent.tool_use')
    return group.flatMap(({ body }): Turn[] => {
      const turn = { index: record - 1, runs, error: false }
      switch (body.type) {
        case 'user.message':
          return [{ ...turn, speaker: 'human', text: contentText(body.content), role: 'request' }]
        case 'agent.tool_result': {
          const text = contentText(body.content)
          return [{ ...turn, speaker: 'terminal', text, role: 'result', error: body.is_error }]
        }
        case 'agent.message': {
          const text = contentText(body.content)
          const colon = text.indexOf(': ')
          const said = text.slice(0, colon)
          // "Orchestrator (-> WebSurfer)" is the orchestrator's turn.
          const speaker = said.replace(/ \([^)]*\)$/, '')
          const role = /terminal$/i.test(speaker) ? 'result' : 'act'
          return [{ ...turn, speaker, text: text.slice(colon + 2), role }]
        }
        default:
          return []
      }
    })
  })
}

type Rule = (run: Labelled) => number

const byBlame: Rule = ({ turns }) => blame(turns)[0]?.index ?? 0

const lengthOf = ({ turns }: Labelled) => Math.max(...turns.map(({ index }) => index)) + 1

/** "The best constant place" is the one that hits most of the tune half, ties by those within one. */
function baselines(tune: readonly Labelled[]): Record<string, Rule> {
  const at =
    (share: number): Rule =>
    (run) =>
      Math.round(share * (lengthOf(run) - 1))
  const shares = Array.from({ length: 101 }, (_, index) => index / 100)
  const numbers = Array.from({ length: 30 }, (_, index) => index)
  const constant =
    (number: number): Rule =>
    (run) =>
      Math.min(number, lengthOf(run) - 1)
  const error = (pick: 'find' | 'findLast'): Rule => {
    return ({ turns }) => (turns[pick]((turn) => turn.error)?.index ?? turns.at(-1)?.index ?? 0) - 1
  }
  const worth = (rule: Rule) => hits(tune, rule, 0) + hits(tune, rule, 1) / 1000
  const best = (rules: readonly Rule[]) =>
    rules.reduce((one, other) => (worth(other) > worth(one) ? other : one), byFirst)
  return {
    'first step': byFirst,
    'last step': at(1),
    middle: at(0.5),
    'first error': error('find'),
    'last error': error('findLast'),
    'best constant share of the length': best(shares.map(at)),
    'best constant step': best(numbers.map(constant)),
  }
}

const byFirst: Rule = () => 0

const hits = (runs: readonly Labelled[], rule: Rule, distance: number) =>
  runs.filter((run) => Math.abs(rule(run) - run.step) <= distance).length

interface Share {
  readonly k: number
  readonly n: number
  readonly share: number
  readonly low: number
  readonly high: number
}

function judge(runs: readonly Labelled[], rule: Rule) {
  const n = runs.length
  const of = (k: number): Share => ({ k, n, share: n === 0 ? 0 : k / n, ...wilson(k, n) })
  const speaker = (run: Labelled) =>
    run.turns.find(({ index }) => index === rule(run))?.speaker ?? ''
  return {
    exact: of(hits(runs, rule, 0)),
    'within 1': of(hits(runs, rule, 1)),
    'within 3': of(hits(runs, rule, 3)),
    'within 5': of(hits(runs, rule, 5)),
    agent: of(runs.filter((run) => speaker(run) === run.agent).length),
  }
}

const measures = ['exact', 'within 1', 'within 3', 'within 5', 'agent'] as const

type Judged = ReturnType<typeof judge>

/** The ranking beside the best trivial rule of the same part. */
function toRows(
  measured: Readonly<Record<string, Readonly<Record<string, Judged>>>>,
  rules: readonly string[],
): Row[] {
  return Object.entries(measured).flatMap(([part, byRule]) =>
    measures.flatMap((measure): Row[] => {
      const found = byRule.blame?.[measure]
      if (!found) return []
      const best = rules
        .filter((rule) => rule !== 'blame')
        .map((rule) => ({ rule, ...(byRule[rule]?.[measure] ?? found) }))
        .reduce((one, other) => (other.k > one.k ? other : one))
      const { share, low, high, n } = found
      const goal = `over the best trivial rule, ${best.rule}: ${best.k} of ${best.n}`
      // The other parts hold runs that the weights were fitted on.
      const reached = part.startsWith('report') ? found.k > best.k : null
      return [{ metric: `${part}: ${measure}`, value: share, low, high, n, goal, reached }]
    }),
  )
}

const verdictRow = ({ text, reached, goal }: ReturnType<typeof compare>): Row => ({
  metric: 'verdict',
  value: text,
  goal,
  reached,
})

/** Which rule is best at each distance on the half that nothing was fitted on. */
function compare(byRule: Readonly<Record<string, Judged>> = {}) {
  const best = Object.fromEntries(
    measures.map((measure) => {
      const ranked = Object.entries(byRule).toSorted(([, a], [, b]) => b[measure].k - a[measure].k)
      const winners = ranked.filter(([, one]) => one[measure].k === ranked[0]?.[1][measure].k)
      return [measure, winners.map(([name]) => name)]
    }),
  )
  const lost = measures.filter((measure) => !best[measure]?.includes('blame'))
  const text =
    lost.length === 0
      ? 'no trivial rule beats it on the report half, at any distance'
      : `a trivial rule beats it on the report half at: ${lost
          .map((measure) => `${measure} (${best[measure]?.join(', ')})`)
          .join('; ')}`
  return {
    goal: 'more exact hits than every trivial rule on the half that nothing was fitted on',
    reached: best.exact?.length === 1 && best.exact[0] === 'blame',
    best,
    text,
  }
}

/** Exact hits that only one of the two has, on the same runs. */
function pair(runs: readonly Labelled[], rule: Rule) {
  const hit = (one: Rule, run: Labelled) => one(run) === run.step
  return {
    onlyBlame: runs.filter((run) => hit(byBlame, run) && !hit(rule, run)).length,
    onlyThis: runs.filter((run) => !hit(byBlame, run) && hit(rule, run)).length,
  }
}

/** By the strongest reason given: how often it was given, and how often rightly. */
function countReasons(runs: readonly Labelled[]) {
  const given = runs.map((run) => ({ run, first: blame(run.turns)[0] }))
  const groups = Map.groupBy(given, ({ first }) => first?.reasons[0] ?? 'its place alone')
  return Object.fromEntries(
    [...groups].toSorted().map(([reason, group]) => {
      const hit = group.filter(({ run, first }) => first?.index === run.step).length
      return [reason, { given: group.length, hit }]
    }),
  )
}

/**
 * Weights that make the blamed turns most likely among the candidates of their runs (conditional logit) with
 * a ridge; gradient ascent from zero, so the same runs give the same weights.
 */
function fitWeights(runs: readonly Labelled[]): Weights {
  const [ridge, rounds, rate] = [0.5, 3_000, 0.004]
  const names = Object.keys(fitted) as Reason[]
  const zero = () => Object.fromEntries(names.map((name) => [name, 0])) as Record<Reason, number>
  const weights = zero()
  for (let round = 0; round < rounds; round += 1) {
    const gradient = zero()
    for (const name of names) gradient[name] -= ridge * weights[name]
    for (const { candidates, step } of runs) addGradient(gradient, { candidates, step, weights })
    for (const name of names) weights[name] += rate * gradient[name]
  }
  return Object.fromEntries(
    names.map((name) => [name, Math.round(weights[name] * 100) / 100]),
  ) as Record<Reason, number>
}

function addGradient(
  gradient: Record<Reason, number>,
  given: Pick<Labelled, 'candidates' | 'step'> & { weights: Weights },
) {
  const { candidates, step, weights } = given
  const blamed = candidates.find(({ turn }) => turn.index === step)
  if (!blamed) return
  const scores = candidates.map(({ signals }) => Math.exp(scoreSignals(signals, weights)))
  const total = scores.reduce((sum, score) => sum + score, 0)
  candidates.forEach(({ signals }, at) => {
    const pull = (candidates[at] === blamed ? 1 : 0) - (scores[at] ?? 0) / total
    for (const name of Object.keys(signals) as Reason[]) gradient[name] += pull * signals[name]
  })
}

const halvesOf = (runs: readonly Labelled[]) => ({
  rule: 'first hexadecimal digit of the SHA-256 of the session key under 8: tune',
  tune: runs.filter(({ half }) => half === 'tune').length,
  report: runs.filter(({ half }) => half === 'report').length,
  note: 'Signs and ridge were chosen by looking at the tune half only; the distribution of blamed steps of the whole set was seen before the signs were written.',
})

function mapValues<T, U>(given: Readonly<Record<string, T>>, map: (value: T) => U) {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, map(value)]))
}

/** All rules on all parts: too many for rows. */
function saveDetails(figures: object): void {
  mkdirSync('bench/results', { recursive: true })
  writeFileSync('bench/results/blame-rules.json', `${JSON.stringify(figures, null, 2)}\n`)
}
