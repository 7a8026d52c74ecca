import { mantelHaenszelDifference, type Stratum } from '../statistics/strata.ts'
import {
  changesMask,
  changesNothing,
  type StepColumns,
  statusMask,
  statusOk,
} from '../transcript/step-columns.ts'
import { type LaidOutCase, occasionKey } from './case.ts'
import { intervalLevel } from './contrast.ts'
import type { Occurrence } from './error-signatures.ts'
import type { Recovery } from './finding.ts'

/** How far behind an error its recovery is looked for, in steps. */
const window = 12

/** One error and what came of it: what was done before the tool was tried again, and whether it worked. */
export interface Attempt {
  readonly one: LaidOutCase
  /** Index of the failed step. */
  readonly failed: number
  readonly recovered: boolean
  readonly tokens: ReadonlySet<string>
}

/** Follows every occurrence to the next success of the same act on the same thing, or to the window's end. */
export function followErrors(occurrences: readonly Occurrence[]): Attempt[] {
  const tokens = new Tokens()
  return occurrences.map(({ one, index }) => {
    const { columns, from, to } = one.steps
    const failed = from + index
    const end = Math.min(failed + 1 + window, to)
    const success = findStep(failed + 1, end, (at) => {
      const works = ((columns.flags[at] as number) & statusMask) === statusOk
      return works && isSameThing(columns, failed, at)
    })
    const act = columns.act[failed]
    const retry = success ?? findStep(failed + 1, end, (at) => columns.act[at] === act)
    return {
      one,
      failed: index,
      recovered: success !== null,
      tokens: tokens.gather(columns, failed, { retry, end }),
    }
  })
}

function findStep(from: number, end: number, matches: (at: number) => boolean): number | null {
  for (let at = from; at < end; at += 1) if (matches(at)) return at
  return null
}

/** Texts of tokens, each made once. */
class Tokens {
  readonly #calls: string[] = []
  readonly #arguments = new Map<string, string | null>()

  gather(
    columns: StepColumns,
    failed: number,
    { retry, end }: { readonly retry: number | null; readonly end: number },
  ): Set<string> {
    const tokens = new Set<string>()
    // The same call works again because of what was changed in between, not because it was tried again.
    let untouched = true
    for (let at = failed + 1; at < (retry ?? end); at += 1) {
      const act = columns.act[at] as number
      if (act !== columns.act[failed]) {
        this.#calls[act] ??= `tool:${columns.lexicon.textOf(act)}`
        tokens.add(this.#calls[act] as string)
      }
      if (((columns.flags[at] as number) & changesMask) !== changesNothing) untouched = false
    }
    if (retry === null) return tokens
    if (columns.call[failed] !== columns.call[retry]) {
      for (const token of this.#diff(columns, failed, retry)) tokens.add(token)
    } else if (untouched) tokens.add('retry')
    return tokens
  }

  /** Arguments that one of the two calls lacks or that differ, by their general path. */
  *#diff(columns: StepColumns, failed: number, retry: number): Generator<string> {
    const { argsFrom, argKeys, argValues } = columns
    for (let arg = argsFrom[failed] as number; arg < (argsFrom[failed + 1] as number); arg += 1) {
      const other = findArgument(columns, retry, argKeys[arg] as number)
      if (other !== -1 && argValues[arg] === argValues[other]) continue
      yield* this.#name(columns, argKeys[arg] as number, other === -1 ? 'removed' : 'changed')
    }
    for (let arg = argsFrom[retry] as number; arg < (argsFrom[retry + 1] as number); arg += 1) {
      const key = argKeys[arg] as number
      if (findArgument(columns, failed, key) === -1) yield* this.#name(columns, key, 'added')
    }
  }

  *#name(columns: StepColumns, key: number, verb: string): Generator<string> {
    const place = `${verb} ${key}`
    let name = this.#arguments.get(place)
    if (name === undefined) {
      const path = columns.lexicon.textOf(key)
      name = remark.test(path) ? null : `args:${verb}:${generalise(path)}`
      this.#arguments.set(place, name)
    }
    if (name !== null) yield name
  }
}

/** Place of the argument of this key; -1 where the step has none. */
function findArgument({ argsFrom, argKeys }: StepColumns, at: number, key: number): number {
  for (let arg = argsFrom[at] as number; arg < (argsFrom[at + 1] as number); arg += 1) {
    if (argKeys[arg] === key) return arg
  }
  return -1
}

const needed = { sessions: 3, tasks: 2, principals: 2, without: 3 }

/**
 * What goes with recovering, against the row most forget: how often it recovers without. Kept when seen in
 * enough places and the lower bound of the stratified difference is above zero, best bound first.
 */
export function findRecoveries(attempts: readonly Attempt[]): Recovery[] {
  const having = new Map<string, Attempt[]>()
  for (const attempt of attempts) {
    for (const token of attempt.tokens) {
      const list = having.get(token)
      if (list) list.push(attempt)
      else having.set(token, [attempt])
    }
  }
  const all = countTries(attempts)
  return [...having]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([token, list]) => judge(token, list, all))
    .toSorted((a, b) => b.low - a.low || (a.token < b.token ? -1 : 1))
}

interface Tries {
  tried: number
  recovered: number
}

/** By type of task, types in order. */
function countTries(attempts: readonly Attempt[]): Map<string, Tries> {
  const counts = new Map<string, Tries>()
  for (const { one, recovered } of attempts) {
    const type = one.trace.task.type ?? ''
    const count = counts.get(type) ?? { tried: 0, recovered: 0 }
    counts.set(type, count)
    count.tried += 1
    if (recovered) count.recovered += 1
  }
  return new Map([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const sum = (counts: ReadonlyMap<string, Tries>, of: keyof Tries) =>
  [...counts.values()].reduce((total, count) => total + count[of], 0)

function judge(
  token: string,
  having: readonly Attempt[],
  all: ReadonlyMap<string, Tries>,
): Recovery[] {
  const counts = countTries(having)
  const recovered = having.filter((attempt) => attempt.recovered).map(({ one }) => one)
  const triedWithout = sum(all, 'tried') - having.length
  const enough =
    triedWithout >= needed.without &&
    new Set(recovered.map(({ trace }) => trace.sessionId)).size >= needed.sessions &&
    new Set(recovered.map(({ trace }) => trace.task.id ?? trace.sessionId)).size >= needed.tasks &&
    new Set(recovered.map(occasionKey)).size >= needed.principals
  const difference = enough ? mantelHaenszelDifference(stratify(counts, all), intervalLevel) : null
  if (!difference || difference.low <= 0) return []
  return [
    {
      token,
      recoveredWith: recovered.length,
      triedWith: having.length,
      recoveredWithout: sum(all, 'recovered') - recovered.length,
      triedWithout,
      ...difference,
    },
  ]
}

function stratify(having: ReadonlyMap<string, Tries>, all: ReadonlyMap<string, Tries>): Stratum[] {
  return [...all].map(([type, { tried, recovered }]) => {
    const own = having.get(type) ?? { tried: 0, recovered: 0 }
    return {
      successWith: own.recovered,
      failureWith: own.tried - own.recovered,
      successWithout: recovered - own.recovered,
      failureWithout: tried - recovered - (own.tried - own.recovered),
    }
  })
}

/** The same resource by its first identifying argument, or at least half of the argument names in common. */
function isSameThing(columns: StepColumns, failed: number, later: number): boolean {
  if (columns.act[failed] !== columns.act[later]) return false
  const [was, is] = [columns.resource[failed] as number, columns.resource[later] as number]
  if (was !== -1 && is !== -1) return was === is
  const { argsFrom, argKeys } = columns
  const names = (argsFrom[failed + 1] as number) - (argsFrom[failed] as number)
  const others = (argsFrom[later + 1] as number) - (argsFrom[later] as number)
  let shared = 0
  for (let arg = argsFrom[failed] as number; arg < (argsFrom[failed + 1] as number); arg += 1) {
    if (findArgument(columns, later, argKeys[arg] as number) !== -1) shared += 1
  }
  return shared >= 0.5 * Math.max(names + others - shared, 1)
}

/** Array positions do not matter for what was changed: any position is written `-`. */
const generalise = (path: string) => path.replace(/\/\d+(?=\/|$)/g, '/-')

/** What a call says of itself changes nothing; that a command was another one says nothing about which. */
const remark =
  /\/(?:command|cmd|script|code|description|comment|note|reason|explanation|summary|title|thought)$/i
