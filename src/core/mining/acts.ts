import { Lexicon } from '../transcript/lexicon.ts'
import {
  statusError,
  statusMask,
  statusNoResult,
  statusOf,
  statusOk,
} from '../transcript/step-columns.ts'
import type { Trace } from '../transcript/trace.ts'
import type { LaidOutCase } from './case.ts'
import type { Citation } from './finding.ts'

/** One thing that happened in a session, under a name that sessions share. */
export interface Act {
  readonly name: string
  readonly of: Citation['of']
  readonly index: number
}

/** Names of acts by number, each text once. Calls that went wrong have names of their own. */
export class ActNames {
  readonly #names = new Lexicon()
  readonly #ofSteps: number[] = []

  get all(): readonly string[] {
    return this.#names.texts
  }

  numberOf(name: string): number {
    return this.#names.numberOf(name)
  }

  ofStep({ steps: { columns } }: LaidOutCase, at: number): number {
    const status = (columns.flags[at] as number) & statusMask
    const key = (columns.act[at] as number) * 8 + status
    const known = this.#ofSteps[key]
    if (known !== undefined) return known
    const act = columns.lexicon.textOf(columns.act[at] as number)
    const plain = status === statusOk || status === statusNoResult
    const number = this.numberOf(plain ? act : `${act}:${statusOf(status)}`)
    this.#ofSteps[key] = number
    return number
  }
}

/**
 * Calls, what the agent said that commits it, and what the user answered, in the order of the transcript;
 * the same several times in a row is one act. Twice the number of the name, plus one where it came several
 * times; `began` hears of each where it begins.
 */
export function codeActs(one: LaidOutCase, names: ActNames, began?: Visit): number[] {
  const codes: number[] = []
  let last = -1
  walkActs(one, names, (name, of, index) => {
    if (last === name) codes[codes.length - 1] = 2 * name + 1
    else {
      codes.push(2 * name)
      began?.(name, of, index)
    }
    last = name
  })
  return codes
}

/** The same by name; what came several times in a row is marked `+`. */
export function listActs(one: LaidOutCase): Act[] {
  const names = new ActNames()
  const places: Pick<Act, 'of' | 'index'>[] = []
  const codes = codeActs(one, names, (_, of, index) => places.push({ of, index }))
  return codes.map((code, at) => ({
    name: nameOf(code, names),
    ...(places[at] as Pick<Act, 'of' | 'index'>),
  }))
}

export const nameOf = (code: number, names: ActNames): string =>
  `${names.all[code >> 1] ?? ''}${code % 2 === 1 ? '+' : ''}`

type Visit = (name: number, of: Citation['of'], index: number) => unknown

function walkActs(one: LaidOutCase, names: ActNames, visit: Visit): void {
  const { columns, from, to } = one.steps
  const said = listSaid(one.trace)
  let next = 0
  const visitSaid = (before: number) => {
    for (; next < said.length && (said[next] as Said).at < before; next += 1) {
      const { name, of, index } = said[next] as Said
      visit(names.numberOf(name), of, index)
    }
  }
  for (let at = from; at < to; at += 1) {
    if (next < said.length) visitSaid(columns.at[at] as number)
    const failed = ((columns.flags[at] as number) & statusMask) === statusError
    visit(names.ofStep(one, at), failed ? 'error' : 'call', at - from)
  }
  visitSaid(Number.POSITIVE_INFINITY)
}

type Said = Act & { readonly at: number }

function listSaid({ sayings, turns }: Trace): Said[] {
  if (sayings.length === 0 && turns.length === 0) return []
  return [
    ...sayings.flatMap(({ at, asks, handsOver }, index) =>
      asks || handsOver
        ? [{ at, name: handsOver ? 'says:hands_over' : 'says:asks', of: 'saying' as const, index }]
        : [],
    ),
    ...turns.flatMap(({ at, agrees, score }, index) =>
      agrees || score >= 3
        ? [{ at, name: agrees ? 'user:agrees' : 'user:corrects', of: 'turn' as const, index }]
        : [],
    ),
  ].toSorted((a, b) => a.at - b.at)
}
