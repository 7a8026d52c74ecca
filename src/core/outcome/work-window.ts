import type { Subject } from './signal.ts'
import { normalSubject } from './subject.ts'

/**
 * The weakest tie there is: the same actor worked in the same repository at about that time. Sessions and signals meet
 * in keys of this type, one for each day (UTC) of work, so that a look-up is one by index; the window itself is held to
 * the millisecond by `isInWindow`. Nobody sends it: it is made of `actor` and `repository`.
 */
export const workWindow = 'work_window'

/** How long after its end a session may still be what a signal is about. */
const windowMs = 24 * 3_600_000
const dayMs = 24 * 3_600_000
/** Of a session that runs for months the last days count. */
const mostDays = 31
/** Pairs of an actor and a repository, in order; more say nothing about who did it. */
const mostPairs = 8
const longestValue = 512

/** When a session worked, milliseconds since the epoch. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Null where the session has no clock. */
export function spanOf(startedAt: string | null, lastAt: string | null): Span | null {
  if (startedAt === null) return null
  const from = Date.parse(startedAt)
  return { from, to: Math.max(from, lastAt === null ? from : Date.parse(lastAt)) }
}

/** What a session is known by to whoever knows who worked where and when. */
export function workKeys(known: readonly Subject[], span: Span): Subject[] {
  const first = Math.max(span.from, span.to - (mostDays - 1) * dayMs)
  const last = Math.floor(span.to / dayMs)
  const days = Array.from(
    { length: last - Math.floor(first / dayMs) + 1 },
    (_, back) => (last - back) * dayMs,
  )
  return keysOf(known, days)
}

/** Under which keys a signal of that moment looks for its session: its own day and the day before. */
export const workLookups = (subjects: readonly Subject[], at: string): Subject[] =>
  keysOf(subjects, [Date.parse(at), Date.parse(at) - windowMs])

/** It had begun, and had not ended for longer than the window. */
export const isInWindow = ({ from, to }: Span, at: string): boolean =>
  from <= Date.parse(at) && Date.parse(at) <= to + windowMs

function keysOf(known: readonly Subject[], days: readonly number[]): Subject[] {
  const valuesOf = (wanted: string) =>
    [...new Set(known.filter(({ type }) => type === wanted).map((one) => normalSubject(one).value))]
      .filter((value) => value !== '')
      .sort()
  const pairs = valuesOf('repository').flatMap((repository) =>
    valuesOf('actor').map((actor) => `${repository} ${actor}`),
  )
  return pairs.slice(0, mostPairs).flatMap((pair) =>
    days.flatMap((day) => {
      const value = `${new Date(day).toISOString().slice(0, 10)} ${pair}`
      return value.length > longestValue ? [] : [{ type: workWindow, value }]
    }),
  )
}
