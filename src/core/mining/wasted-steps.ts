import type { Step } from '../transcript/digest.ts'
import type { Case } from './case.ts'
import { chooseEvidence } from './choose-evidence.ts'
import { countSupport, type Judged, judgeFamily } from './contrast.ts'
import type { Finding, FindingDetail } from './finding.ts'
import { findLack, gradeContrast } from './grade.ts'
import { findResource } from './recoveries.ts'
import { type Mined, soleTaskType } from './step-outcomes.ts'

type Waste = Extract<FindingDetail, { kind: 'wasted_steps' }>['waste']

interface Wasted {
  readonly one: Case
  readonly waste: Waste
  readonly step: Step
  /** Steps that could have been left out. */
  readonly steps: readonly Step[]
}

const needed = { sessions: 3, tasks: 2 }

/** Steps that brought nothing new, by kind and tool, with whether sessions that waste fail more. */
export function mineWastedSteps(cases: readonly Case[]): Mined {
  const wasted = cases.flatMap((one) => findWaste(one))
  const groups = [...Map.groupBy(wasted, ({ waste, step }) => `${waste}\0${step.tool}`)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group)
  const recurring = groups.filter(isRecurring)
  const { judged, ...tested } = judgeFamily(
    cases,
    recurring.map((group) => new Set(group.map(({ one }) => one))),
  )
  const findings = recurring
    .map((group, index) => toFinding(group, judged[index] as Judged))
    .toSorted((a, b) => b.support.sessions - a.support.sessions || (a.key < b.key ? -1 : 1))
  return {
    findings,
    family: {
      kind: 'wasted_steps',
      considered: groups.length,
      found: findings.length,
      ...tested,
    },
    silences: [],
  }
}

/** At most one kind per step: a repeat inside a loop is the loop's. */
export function findWaste(one: Case): Wasted[] {
  const { steps } = one.digest
  const loops = findLoops(steps).map((run) => waste(one, 'loop', run))
  const looped = new Set(loops.flatMap((loop) => loop.steps))
  const repeats = steps.flatMap((step) => {
    if (looped.has(step)) return []
    const kind = judgeRepeat(steps, step)
    return kind === null ? [] : [waste(one, kind, [step])]
  })
  return [...loops, ...repeats]
}

function waste(one: Case, kind: Waste, steps: readonly Step[]): Wasted {
  return { one, waste: kind, step: steps[0] as Step, steps }
}

/** Errors that may pass by themselves: trying the same again is no waste. */
const transient =
  /\b(?:429|5\d\d|time(?:d)? ?out|timeout|rate.?limit|overloaded|unavailable|connection|econnreset|temporar)/i

function judgeRepeat(steps: readonly Step[], step: Step): Waste | null {
  for (let index = step.index - 1; index >= 0; index -= 1) {
    const before = steps[index] as Step
    if (before.tool === step.tool && before.argsHash === step.argsHash) {
      if (before.status === 'ok' && step.status === 'ok') return 'exact_repeat'
      return isBlindRetry(before, step) ? 'blind_retry' : null
    }
    if (isReRead(before, step)) return 're_read'
    // Whatever may have changed the world makes looking again worth while.
    if (before.changesState !== false && before.status !== 'refused') return null
  }
  return null
}

function isBlindRetry(before: Step, step: Step): boolean {
  return (
    before.error !== null &&
    step.error !== null &&
    before.error.normalised === step.error.normalised &&
    !transient.test(step.error.quote.text)
  )
}

/** The same thing looked at again in another way, and the same answer. */
function isReRead(before: Step, step: Step): boolean {
  const resource = findResource(step)
  return (
    step.changesState === false &&
    resource !== null &&
    before.tool === step.tool &&
    before.status === 'ok' &&
    step.status === 'ok' &&
    before.resultHash !== null &&
    before.resultHash === step.resultHash &&
    findResource(before) === resource
  )
}

const longestBlock = 6
const repeats = 3

/** A block of 1 to 6 equal calls at least three times in a row; all but the first time is waste. */
function findLoops(steps: readonly Step[]): Step[][] {
  const names = steps.map((step) => `${step.tool}\0${step.argsHash}`)
  const loops: Step[][] = []
  let from = 0
  while (from < steps.length) {
    const length = findLoopAt(names, from)
    if (length === null) {
      from += 1
      continue
    }
    loops.push(steps.slice(from + length.block, from + length.total))
    from += length.total
  }
  return loops
}

function findLoopAt(names: readonly string[], from: number) {
  for (let block = 1; block <= longestBlock; block += 1) {
    let total = block
    while (from + total < names.length && names[from + total] === names[from + total - block]) {
      total += 1
    }
    total -= total % block
    if (total >= block * repeats) return { block, total }
  }
  return null
}

function isRecurring(group: readonly Wasted[]): boolean {
  const cases = [...new Set(group.map(({ one }) => one))]
  const tasks = new Set(cases.map(({ digest }) => digest.task.id ?? digest.sessionId))
  return cases.length >= needed.sessions && tasks.size >= needed.tasks
}

const says: Readonly<Record<Waste, (tool: string) => string>> = {
  exact_repeat: (tool) =>
    `\`${tool}\` is called again with the same arguments while nothing changed`,
  blind_retry: (tool) => `\`${tool}\` is tried again unchanged after an error that will not pass`,
  loop: (tool) => `\`${tool}\` is called over and over, three times and more in a row`,
  re_read: (tool) => `\`${tool}\` looks at the same thing again and gets the same answer`,
}

function toFinding(group: readonly Wasted[], { compared, effect }: Judged): Finding {
  const { waste: kind, step } = group[0] as Wasted
  const cases = [...new Set(group.map(({ one }) => one))]
  const steps = group.flatMap((wasted) => wasted.steps)
  const timed = steps.filter((one) => one.seconds !== null)
  return {
    key: `wasted_steps:${kind}:${step.tool}`,
    kind: 'wasted_steps',
    title: says[kind](step.tool),
    taskType: soleTaskType(cases),
    grade: findLack(compared, effect) === null ? gradeContrast(compared, effect) : 'D',
    sessionsWith: compared.sessionsWith,
    sessionsWithout: compared.sessionsWithout,
    effect,
    support: countSupport(cases),
    detail: {
      kind: 'wasted_steps',
      waste: kind,
      tool: step.tool,
      occurrences: group.length,
      wastedSteps: steps.length,
      wastedTokens: steps.reduce((sum, one) => sum + one.resultTokens, 0),
      wastedSeconds:
        timed.length === 0
          ? null
          : toMilliseconds(timed.reduce((sum, one) => sum + (one.seconds ?? 0), 0)),
    },
    evidence: chooseEvidence({
      supports: group.map((wasted) => ({ one: wasted.one, quote: wasted.step.quote })),
    }),
  }
}

const toMilliseconds = (seconds: number) => Math.round(seconds * 1000) / 1000
