import {
  type Compared,
  type Contradiction,
  inOneScope,
  type Supersession,
} from './contradiction.ts'
import type { Statement, Value } from './statements.ts'
import { findToldChanges } from './told-changes.ts'

/** A thing of which three values and more are said is a list, not a contradiction. */
const mostValues = 2

/** Compares all statements with equal keys; keys of which a store says many things at once are lists. */
export function compareStatements(statements: readonly Statement[]): Compared {
  const supersessions: Supersession[] = []
  const contradictions: Contradiction[] = []
  const journals = findJournals(statements)
  const groups = Map.groupBy(
    statements.filter(({ key }) => !journals.has(key)),
    ({ key, condition }) => `${key}\0${condition}`,
  )
  for (const [, group] of [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const open = group.filter(({ validity }) => validity.tense !== 'past')
    const dated = open.every(({ validity }) => validity.date !== null)
    const values = new Set(open.map(({ value }) => JSON.stringify(value)))
    if (values.size < 2 || (values.size > mostValues && !dated)) continue
    for (const [a, b] of pairsOf(open)) {
      const clash = findClash(a, b)
      if (!clash) continue
      const resolved = resolve(a, b)
      if (resolved) supersessions.push(toSupersession(resolved, clash))
      else contradictions.push({ first: a.item, second: b.item, ...clash })
    }
  }
  const told = findToldChanges(statements)
  return {
    supersessions: keepLast([...supersessions, ...told.supersessions]),
    contradictions: [...contradictions, ...told.contradictions],
  }
}

/**
 * Keys of which several things are said on one day, and more on others: who speaks in a journal or a chat
 * ("Ann (3 May 2025): …"). No entry takes the place of another.
 */
function findJournals(statements: readonly Statement[]): ReadonlySet<string> {
  const texts = statements.filter(({ value, validity }) => value.kind === 'text' && validity.date)
  const journals = new Set<string>()
  for (const [key, group] of Map.groupBy(texts, (one) => one.key)) {
    const days = [...Map.groupBy(group, ({ validity }) => validity.date).values()]
    if (countTexts(group) > mostValues && days.some((day) => countTexts(day) > 1)) journals.add(key)
  }
  return journals
}

const countTexts = (statements: readonly Statement[]) =>
  new Set(statements.map(({ value }) => JSON.stringify(value))).size

/** A change of a change: every older statement gives way to the last one only. */
function keepLast(supersessions: readonly Supersession[]): Supersession[] {
  const byOlder = Map.groupBy(supersessions, ({ older }) => older.id)
  return [...byOlder.values()].flatMap((group) => {
    const [last] = group.toSorted((a, b) => ((a.validFrom ?? '') < (b.validFrom ?? '') ? 1 : -1))
    return last ? [last] : []
  })
}

function* pairsOf<T>(list: readonly T[]): Generator<[T, T]> {
  for (const [at, a] of list.entries()) for (const b of list.slice(at + 1)) yield [a, b]
}

function findClash(a: Statement, b: Statement): Pick<Contradiction, 'kind' | 'reason'> | null {
  if (a.item.id === b.item.id || !inOneScope(a.item, b.item)) return null
  const [left, right] = [a.value, b.value]
  if (left.kind === 'rule' && right.kind === 'rule') {
    return left.negated === right.negated
      ? null
      : { kind: 'negation', reason: 'one says so, the other says the opposite' }
  }
  if (left.kind === 'amounts' && right.kind === 'amounts') return compareAmounts(left, right)
  if (left.kind === 'text' && right.kind === 'text') {
    if (left.text === right.text || left.parts > 1 || right.parts > 1) return null
    if (left.text.includes(right.text) || right.text.includes(left.text)) return null
    return { kind: 'value', reason: `different values: ${left.text} against ${right.text}` }
  }
  return null
}

type Amounts = Extract<Value, { kind: 'amounts' }>

function compareAmounts(a: Amounts, b: Amounts): Pick<Contradiction, 'kind' | 'reason'> | null {
  const reason = `different numbers: ${a.amounts.join(', ')} against ${b.amounts.join(', ')}`
  if (a.amounts.length !== b.amounts.length) return readRanges(a, b)
  const [left, right] = [a.amounts.map(readAmount), b.amounts.map(readAmount)]
  const same = left.every((one, at) => sameAmount(one, right[at]))
  if (same) {
    return a.negated === b.negated
      ? null
      : { kind: 'negation', reason: 'one says so, the other says the opposite' }
  }
  return left.every((one, at) => one.unit === right[at]?.unit) ? { kind: 'number', reason } : null
}

/** One number against a range: inside it is a refinement, outside it contradicts. */
function readRanges(a: Amounts, b: Amounts): Pick<Contradiction, 'kind' | 'reason'> | null {
  const [range, single] = a.amounts.length > b.amounts.length ? [a, b] : [b, a]
  if (range.amounts.length !== 2 || single.amounts.length !== 1) return null
  const [low, high] = range.amounts.map((text) => readAmount(text).value).toSorted((x, y) => x - y)
  const one = readAmount(single.amounts[0] ?? '').value
  if (low === undefined || high === undefined || (one >= low && one <= high)) return null
  return { kind: 'number', reason: `${one} is not between ${low} and ${high}` }
}

/** Equal amounts as far as both show them, or one that lies in the other's range. */
export const agree = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length
    ? a.every((text, at) => sameAmount(readAmount(text), readAmount(b[at] ?? '')))
    : [a.length, b.length].toSorted().join() === '1,2' &&
      readRanges(
        { kind: 'amounts', amounts: a, negated: false },
        { kind: 'amounts', amounts: b, negated: false },
      ) === null

const readAmount = (text: string) => {
  const [digits = '', ...unit] = text.split(' ')
  return { value: Number(digits), unit: unit.join(' '), digits }
}

/** Equal within what the shorter one shows: 4.9 and 4.92 are one value. */
function sameAmount(
  a: ReturnType<typeof readAmount>,
  b: ReturnType<typeof readAmount> | undefined,
): boolean {
  if (!b || a.unit !== b.unit) return false
  if (!a.digits.includes('.') && !b.digits.includes('.')) return a.value === b.value
  const places = Math.min(...[a, b].map(({ digits }) => digits.split('.')[1]?.length ?? 0))
  return (
    Math.abs(a.value - b.value) <= 0.5 * 10 ** -places &&
    a.value.toFixed(places) === b.value.toFixed(places)
  )
}

interface Resolved {
  readonly older: Statement
  readonly newer: Statement
  readonly why: string
}

/**
 * Which of two contradicting statements holds now, only where they say so themselves: one names the other's
 * value as the former one, or both are dated. A date against none decides nothing, since the undated one
 * may be the one that was brought up to date. Null: for a person to say.
 */
function resolve(a: Statement, b: Statement): Resolved | null {
  for (const [newer, older] of [
    [a, b],
    [b, a],
  ] as const) {
    if (replaces(newer, older)) {
      return { older, newer, why: `it names the other’s value as the former one` }
    }
  }
  const [left, right] = [a.validity.date, b.validity.date]
  if (left !== null && right !== null && left !== right) {
    const [older, newer] = left < right ? [a, b] : [b, a]
    return {
      older,
      newer,
      why: `it holds since ${newer.validity.date}, the other was said of ${older.validity.date}`,
    }
  }
  if (
    left === null &&
    right === null &&
    (a.validity.tense === 'now') !== (b.validity.tense === 'now')
  ) {
    const [newer, older] = a.validity.tense === 'now' ? [a, b] : [b, a]
    return { older, newer, why: 'it says what holds now, the other does not' }
  }
  return null
}

function replaces({ validity }: Statement, { value, validity: other }: Statement): boolean {
  if (validity.replaces === null || other.replaces !== null) return false
  const former = validity.replaces.toLowerCase()
  if (value.kind === 'text') return former.includes(value.text) || value.text.includes(former)
  return (
    value.kind === 'amounts' &&
    value.amounts.every((amount) => former.includes(amount.split(' ')[0] ?? '?'))
  )
}

function toSupersession(
  { older, newer, why }: Resolved,
  { reason }: Pick<Contradiction, 'reason'>,
): Supersession {
  return {
    older: older.item,
    newer: newer.item,
    validFrom: newer.validity.date,
    reason: `${reason}; the newer one is taken because ${why}`,
  }
}
