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
  readonly #differences: (string | null)[] = []

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
      this.#addDifferences(columns, [failed, retry], tokens)
    } else if (untouched) tokens.add('retry')
    return tokens
  }

  /** Arguments that one of the two calls lacks or that differ, by their general path. */
  #addDifferences(
    columns: StepColumns,
    [failed, retry]: readonly [number, number],
    tokens: Set<string>,
  ): void {
    const { argsFrom, argKeys, argValues } = columns
    const add = (key: number, verb: number) => {
      const name = this.#nameDifference(columns, key, verb)
      if (name !== null) tokens.add(name)
    }
    for (let arg = argsFrom[failed] as number; arg < (argsFrom[failed + 1] as number); arg += 1) {
      const other = findArgument(columns, retry, argKeys[arg] as number)
      if (other !== -1 && argValues[arg] === argValues[other]) continue
      add(argKeys[arg] as number, other === -1 ? removed : changed)
    }
    for (let arg = argsFrom[retry] as number; arg < (argsFrom[retry + 1] as number); arg += 1) {
      const key = argKeys[arg] as number
      if (findArgument(columns, failed, key) === -1) add(key, added)
    }
  }

  #nameDifference({ lexicon }: StepColumns, key: number, verb: number): string | null {
    const place = verbs.length * key + verb
    const known = this.#differences[place]
    if (known !== undefined) return known
    const path = lexicon.textOf(key)
    const name = remark.test(path) ? null : `args:${verbs[verb]}:${generalise(path)}`
    this.#differences[place] = name
    return name
  }
}

const verbs = ['added', 'changed', 'removed'] as const
const [added, changed, removed] = [0, 1, 2]

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
  const types = [...new Set(attempts.map(typeOf))].toSorted()
  const numbers = new Map(types.map((type, number) => [type, number]))
  const all = countTries(attempts, numbers)
  return [...having]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([token, list]) => judge(token, list, { all, numbers }))
    .toSorted((a, b) => b.low - a.low || (a.token < b.token ? -1 : 1))
}

const typeOf = ({ one }: Attempt) => one.trace.task.type ?? ''

interface Tries {
  readonly tried: number
  readonly recovered: number
  /** By type of task: recovered and not. */
  readonly byType: Int32Array
}

function countTries(attempts: readonly Attempt[], numbers: ReadonlyMap<string, number>): Tries {
  const byType = new Int32Array(2 * numbers.size)
  let recovered = 0
  for (const attempt of attempts) {
    const type = numbers.size === 1 ? 0 : (numbers.get(typeOf(attempt)) ?? 0)
    const place = 2 * type + (attempt.recovered ? 0 : 1)
    byType[place] = (byType[place] as number) + 1
    if (attempt.recovered) recovered += 1
  }
  return { tried: attempts.length, recovered, byType }
}

function judge(
  token: string,
  having: readonly Attempt[],
  { all, numbers }: { readonly all: Tries; readonly numbers: ReadonlyMap<string, number> },
): Recovery[] {
  const own = countTries(having, numbers)
  const enough =
    all.tried - own.tried >= needed.without &&
    hasDistinct(having, ({ one }) => one.trace.sessionId, needed.sessions) &&
    hasDistinct(having, ({ one }) => one.trace.task.id ?? one.trace.sessionId, needed.tasks) &&
    hasDistinct(having, ({ one }) => occasionKey(one), needed.principals)
  const difference = enough ? mantelHaenszelDifference(stratify(own, all), intervalLevel) : null
  if (!difference || difference.low <= 0) return []
  return [
    {
      token,
      recoveredWith: own.recovered,
      triedWith: own.tried,
      recoveredWithout: all.recovered - own.recovered,
      triedWithout: all.tried - own.tried,
      ...difference,
    },
  ]
}

/** Whether the attempts that recovered come from so many; stops as soon as they do. */
function hasDistinct(
  attempts: readonly Attempt[],
  keyOf: (attempt: Attempt) => string,
  fewest: number,
): boolean {
  const found = new Set<string>()
  return attempts.some((attempt) => {
    if (attempt.recovered) found.add(keyOf(attempt))
    return found.size >= fewest
  })
}

function stratify(own: Tries, all: Tries): Stratum[] {
  return Array.from({ length: all.byType.length / 2 }, (_, type) => {
    const successWith = own.byType[2 * type] as number
    const failureWith = own.byType[2 * type + 1] as number
    return {
      successWith,
      failureWith,
      successWithout: (all.byType[2 * type] as number) - successWith,
      failureWithout: (all.byType[2 * type + 1] as number) - failureWith,
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
