import type { Step } from '../transcript/trace.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { Case } from './case.ts'
import { cite } from './cite.ts'
import type { FindingDetail, Waste } from './finding.ts'
import { isRecurring } from './member-sets.ts'
import type { Population } from './population.ts'

type Detail = Extract<FindingDetail, { kind: 'wasted_steps' }>

interface Wasted {
  readonly waste: Waste
  readonly step: Step
  /** Steps that could have been left out. */
  readonly steps: readonly Step[]
}

type Place = Wasted & { readonly one: Case; readonly member: number }

/** Steps that brought nothing new, by kind and tool, with whether sessions that waste fail more. */
export function mineWastedSteps(population: Population): Patterns {
  const places = population.cases.flatMap((one, member) =>
    findWaste(one).map((wasted): Place => ({ ...wasted, one, member })),
  )
  const groups = [...Map.groupBy(places, ({ waste, step }) => `${waste}\0${step.act}`)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({ group, members: [...new Set(group.map(({ member }) => member))] }))
  const shown = groups.filter(({ members }) => isRecurring(population, members))
  return {
    kind: 'wasted_steps',
    considered: groups.length,
    tested: true,
    candidates: shown.map(({ group, members }) => toCandidate(group, members)),
    silences: explainRare(groups.length - shown.length),
  }
}

const explainRare = (rare: number) =>
  rare === 0 ? [] : [`${rare} kinds of waste were seen too rarely to be shown; they are counted.`]

/** At most one kind per step: a repeat inside a loop is the loop's. */
export function findWaste({ trace }: Case): Wasted[] {
  const { steps } = trace
  const loops = findLoops(steps).map((run) => waste('loop', run))
  const looped = new Set(loops.flatMap((loop) => loop.steps))
  const repeats = steps.flatMap((step) => {
    if (looped.has(step)) return []
    const kind = judgeRepeat(steps, step, trace.compactions) ?? judgeOutput(step)
    return kind === null ? [] : [waste(kind, [step])]
  })
  return [...loops, ...repeats]
}

const waste = (kind: Waste, steps: readonly Step[]): Wasted => ({
  waste: kind,
  step: steps[0] as Step,
  steps,
})

/** Errors that may pass by themselves: trying the same again is no waste. */
const transient =
  /\b(?:429|5\d\d|time(?:d)? ?out|timeout|rate.?limit|overloaded|unavailable|connection|econnreset|temporar)/i

function judgeRepeat(
  steps: readonly Step[],
  step: Step,
  compactions: readonly number[],
): Waste | null {
  for (let index = step.index - 1; index >= 0; index -= 1) {
    const before = steps[index] as Step
    if (compactions.some((at) => at > before.at && at < step.at)) return null
    if (before.call === step.call) {
      if (before.status === 'ok' && step.status === 'ok') return 'exact_repeat'
      return isBlindRetry(before, step) ? 'blind_retry' : null
    }
    if (isReRead(before, step)) return 're_read'
    // Whatever may have changed the world makes looking again worth while.
    if (before.changesState !== false && before.status !== 'refused') return null
  }
  return null
}

const isBlindRetry = (before: Step, step: Step): boolean =>
  before.error !== null && before.error === step.error && !transient.test(step.error)

/** "No matches found" is the same answer to many questions. */
const tellingTokens = 20

/** The same thing looked at again in another way, and the same answer. */
function isReRead(before: Step, step: Step): boolean {
  return (
    step.changesState === false &&
    step.resource !== -1 &&
    before.tool === step.tool &&
    before.status === 'ok' &&
    step.status === 'ok' &&
    before.result !== -1 &&
    before.result === step.result &&
    step.resultTokens >= tellingTokens &&
    before.resource === step.resource
  )
}

const overFetchTokens = 4_000
const overFetchUsed = 0.05

/** Whether a look-up brought anything that was used; both kinds are weak signs, shown and never acted on. */
function judgeOutput({ changesState, used, resultTokens }: Step): Waste | null {
  if (changesState !== false || used === null) return null
  if (resultTokens > overFetchTokens && used < overFetchUsed) return 'over_fetch'
  return used === 0 ? 'unused_output' : null
}

const longestBlock = 6
const repeats = 3

/** A block of 1 to 6 equal calls at least three times in a row; all but the first time is waste. */
function findLoops(steps: readonly Step[]): Step[][] {
  const loops: Step[][] = []
  let from = 0
  while (from < steps.length) {
    const length = findLoopAt(steps, from)
    if (length === null) {
      from += 1
      continue
    }
    loops.push(steps.slice(from + length.block, from + length.total))
    from += length.total
  }
  return loops
}

function findLoopAt(steps: readonly Step[], from: number) {
  for (let block = 1; block <= longestBlock; block += 1) {
    let total = block
    while (
      from + total < steps.length &&
      steps[from + total]?.call === steps[from + total - block]?.call
    ) {
      total += 1
    }
    total -= total % block
    if (total >= block * repeats) return { block, total }
  }
  return null
}

const says: Readonly<Record<Waste, (tool: string) => string>> = {
  exact_repeat: (tool) =>
    `\`${tool}\` is called again with the same arguments while nothing changed`,
  blind_retry: (tool) => `\`${tool}\` is tried again unchanged after an error that will not pass`,
  loop: (tool) => `\`${tool}\` is called over and over, three times and more in a row`,
  re_read: (tool) => `\`${tool}\` looks at the same thing again and gets the same answer`,
  unused_output: (tool) => `Nothing that \`${tool}\` answers is used later`,
  over_fetch: (tool) => `\`${tool}\` fetches far more than is used`,
}

const confidence: Readonly<Record<Waste, Detail['confidence']>> = {
  exact_repeat: 'high',
  blind_retry: 'high',
  loop: 'high',
  re_read: 'medium',
  unused_output: 'low',
  over_fetch: 'low',
}

function toCandidate(group: readonly Place[], members: readonly number[]): Candidate {
  const { waste: kind, step } = group[0] as Place
  const title = says[kind](step.act)
  return {
    members,
    // Weak signs count for nothing unless the comparison bears them out.
    standing: confidence[kind] === 'low' ? 'compared' : 'counted',
    name: title,
    describe: () => ({
      key: `wasted_steps:${kind}:${step.act}`,
      title,
      detail: { kind: 'wasted_steps', waste: kind, tool: step.act, ...measure(group) },
      citations: cite({
        supports: group.map(({ one, step: cited }) => ({ one, of: 'call', index: cited.index })),
      }),
    }),
  }
}

function measure(group: readonly Place[]): Omit<Detail, 'kind' | 'waste' | 'tool'> {
  const steps = group.flatMap((wasted) => wasted.steps)
  const timed = steps.filter((one) => one.seconds !== null)
  const seconds = timed.reduce((sum, one) => sum + (one.seconds ?? 0), 0)
  return {
    confidence: confidence[(group[0] as Place).waste],
    occurrences: group.length,
    wastedSteps: steps.length,
    wastedTokens: steps.reduce((sum, one) => sum + one.resultTokens, 0),
    wastedSeconds: timed.length === 0 ? null : Math.round(seconds * 1000) / 1000,
  }
}
