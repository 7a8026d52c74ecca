import {
  changesMask,
  changesNothing,
  type StepColumns,
  type StepSpan,
  statusMask,
  statusOk,
  statusRefused,
} from '../transcript/step-columns.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { LaidOutCase } from './case.ts'
import { cite } from './cite.ts'
import type { FindingDetail, Waste } from './finding.ts'
import { isRecurring } from './member-sets.ts'
import type { Population } from './population.ts'

type Detail = Extract<FindingDetail, { kind: 'wasted_steps' }>

interface Wasted {
  readonly waste: Waste
  /** Steps that could have been left out, from this index on. */
  readonly index: number
  readonly steps: number
}

type Place = Wasted & { readonly one: LaidOutCase; readonly member: number }

interface Group {
  readonly waste: Waste
  readonly act: string
  readonly places: Place[]
  readonly members: number[]
}

/** Steps that brought nothing new, by kind and tool, with whether sessions that waste fail more. */
export function mineWastedSteps(population: Population): Patterns {
  const groups = gatherGroups(population)
  const shown = groups.filter(({ members }) => isRecurring(population, members))
  return {
    kind: 'wasted_steps',
    considered: groups.length,
    tested: true,
    candidates: shown.map(toCandidate),
    silences: explainRare(groups.length - shown.length),
  }
}

/** In the order of their names. */
function gatherGroups({ cases, lexicon }: Population): Group[] {
  const groups = new Map<string, Group>()
  const finder = new WasteFinder()
  cases.forEach((one, member) => {
    for (const wasted of finder.find(one)) {
      const act = one.steps.columns.act[one.steps.from + wasted.index] as number
      const name = `${wasted.waste}\0${act}`
      const known = groups.get(name)
      const group = known ?? {
        waste: wasted.waste,
        act: lexicon.textOf(act),
        places: [],
        members: [],
      }
      if (!known) groups.set(name, group)
      group.places.push({ ...wasted, one, member })
      if (group.members.at(-1) !== member) group.members.push(member)
    }
  })
  return [...groups.values()]
    .map((group) => ({ group, name: `${group.waste}\0${group.act}` }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ group }) => group)
}

const explainRare = (rare: number) =>
  rare === 0 ? [] : [`${rare} kinds of waste were seen too rarely to be shown; they are counted.`]

/** At most one kind per step: a repeat inside a loop is the loop's. */
export const findWaste = (one: LaidOutCase): Wasted[] => new WasteFinder().find(one)

class WasteFinder {
  /** By number of an error: whether it may pass by itself. */
  readonly #transient: boolean[] = []

  find({ trace: { compactions }, steps }: LaidOutCase): Wasted[] {
    const { columns, from, to } = steps
    const found = findLoops(steps)
    const loops = found.length
    let [loop, inside] = [0, 0]
    for (let at = from; at < to; at += 1) {
      const next = found[loop]
      if (loop < loops && next && from + next.index === at) {
        inside = at + next.steps
        loop += 1
      }
      if (at < inside) continue
      const waste = this.#judgeRepeat(steps, at, compactions) ?? judgeOutput(columns, at)
      if (waste !== null) found.push({ waste, index: at - from, steps: 1 })
    }
    return found
  }

  #judgeRepeat(
    { columns, from }: StepSpan,
    step: number,
    compactions: readonly number[],
  ): Waste | null {
    const { call, flags } = columns
    for (let before = step - 1; before >= from; before -= 1) {
      if (compactions.length > 0 && isCompacted(columns, compactions, [before, step])) return null
      if (call[before] === call[step]) {
        if (isOk(flags[before] as number) && isOk(flags[step] as number)) return 'exact_repeat'
        return this.#isBlindRetry(columns, before, step) ? 'blind_retry' : null
      }
      if (isReRead(columns, before, step)) return 're_read'
      // Whatever may have changed the world makes looking again worth while.
      const status = (flags[before] as number) & statusMask
      if (!changesNo(flags[before] as number) && status !== statusRefused) return null
    }
    return null
  }

  #isBlindRetry({ error, lexicon }: StepColumns, before: number, step: number): boolean {
    const number = error[before] as number
    if (number === -1 || number !== error[step]) return false
    this.#transient[number] ??= transient.test(lexicon.textOf(number))
    return !this.#transient[number]
  }
}

/** Errors that may pass by themselves: trying the same again is no waste. */
const transient =
  /\b(?:429|5\d\d|time(?:d)? ?out|timeout|rate.?limit|overloaded|unavailable|connection|econnreset|temporar)/i

const isOk = (flags: number) => (flags & statusMask) === statusOk
const changesNo = (flags: number) => (flags & changesMask) === changesNothing

const isCompacted = (
  { at }: StepColumns,
  compactions: readonly number[],
  [before, step]: readonly [number, number],
) => compactions.some((seq) => seq > (at[before] as number) && seq < (at[step] as number))

/** "No matches found" is the same answer to many questions. */
const tellingTokens = 20

/** The same thing looked at again in another way, and the same answer. */
function isReRead(columns: StepColumns, before: number, step: number): boolean {
  const { flags, resource, result, resultTokens, tool } = columns
  return (
    resource[step] !== -1 &&
    resource[before] === resource[step] &&
    result[before] !== -1 &&
    result[before] === result[step] &&
    changesNo(flags[step] as number) &&
    tool[before] === tool[step] &&
    isOk(flags[before] as number) &&
    isOk(flags[step] as number) &&
    (resultTokens[step] as number) >= tellingTokens
  )
}

const overFetchTokens = 4_000
const overFetchUsed = 0.05

/** Whether a look-up brought anything that was used; both kinds are weak signs, shown and never acted on. */
function judgeOutput({ flags, used: places, numbers, resultTokens }: StepColumns, at: number) {
  const place = places[at] as number
  if (place === -1 || !changesNo(flags[at] as number)) return null
  const used = numbers[place] as number
  if ((resultTokens[at] as number) > overFetchTokens && used < overFetchUsed) return 'over_fetch'
  return used === 0 ? 'unused_output' : null
}

const longestBlock = 6
const repeats = 3

/** A block of 1 to 6 equal calls at least three times in a row; all but the first time is waste. */
function findLoops({ columns, from, to }: StepSpan): Wasted[] {
  const loops: Wasted[] = []
  let at = from
  while (at < to) {
    const loop = findLoopAt(columns.call, at, to)
    if (loop === null) {
      at += 1
      continue
    }
    const index = at + loop.block - from
    loops.push({ waste: 'loop', index, steps: loop.total - loop.block })
    at += loop.total
  }
  return loops
}

function findLoopAt(call: Int32Array, from: number, to: number) {
  for (let block = 1; block <= longestBlock; block += 1) {
    let total = block
    while (from + total < to && call[from + total] === call[from + total - block]) total += 1
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

function toCandidate({ waste, act, places, members }: Group): Candidate {
  const title = says[waste](act)
  return {
    members,
    // Weak signs count for nothing unless the comparison bears them out.
    standing: confidence[waste] === 'low' ? 'compared' : 'counted',
    name: title,
    describe: () => ({
      key: `wasted_steps:${waste}:${act}`,
      title,
      detail: { kind: 'wasted_steps', waste, tool: act, ...measure(waste, places) },
      citations: cite({
        supports: places.map(({ one, index }) => ({ one, of: 'call', index })),
      }),
    }),
  }
}

function measure(waste: Waste, places: readonly Place[]): Omit<Detail, 'kind' | 'waste' | 'tool'> {
  let [steps, tokens, timed, seconds] = [0, 0, 0, 0]
  for (const { one, index, steps: count } of places) {
    const { columns, from } = one.steps
    steps += count
    for (let at = from + index; at < from + index + count; at += 1) {
      tokens += columns.resultTokens[at] as number
      const place = columns.seconds[at] as number
      if (place === -1) continue
      timed += 1
      seconds += columns.numbers[place] as number
    }
  }
  return {
    confidence: confidence[waste],
    occurrences: places.length,
    wastedSteps: steps,
    wastedTokens: tokens,
    wastedSeconds: timed === 0 ? null : Math.round(seconds * 1000) / 1000,
  }
}
