import { type Act, listActs } from './acts.ts'
import type { Candidate, Patterns } from './candidate.ts'
import { cite, type Sighting } from './cite.ts'
import type { Members } from './contrast.ts'
import { isComparable } from './member-sets.ts'
import type { Population } from './population.ts'
import { sayOthers } from './wording.ts'

/** Acts of one pattern, and others that may stand between two of them. */
const longest = 4
const gap = 2
/** Patterns looked at; beyond, the report says that there were more. */
const maxPatterns = 50_000
const fewestSessions = 8

interface Sequence {
  readonly acts: readonly string[]
  readonly members: Members
}

/**
 * Sequences of two to four acts, at most two others between them, that enough sessions show (PrefixSpan with
 * a gap limit, Pei et al. 2001; all end positions are kept because of the gap). A sequence that a longer one
 * has the same sessions as is left out: they are one pattern.
 */
export function mineSequences(population: Population): Patterns {
  const lists = population.cases.map(({ trace }) => listActs(trace))
  const { found, cut } = growAll(lists)
  const comparable = keepClosed(found).filter(({ members }) => isComparable(population, members))
  return {
    kind: 'sequence',
    considered: found.length,
    tested: true,
    candidates: comparable.map((sequence) => toCandidate(population, sequence, lists)),
    silences: cut
      ? [
          `Sequences: the first ${maxPatterns} patterns in alphabetical order were looked at, there are more.`,
        ]
      : [],
  }
}

/** Session → positions at which the prefix can end, ascending. */
type Projection = ReadonlyMap<number, readonly number[]>

function growAll(lists: readonly (readonly Act[])[]): { found: Sequence[]; cut: boolean } {
  const found: Sequence[] = []
  let cut = false
  const numbered = numberNames(lists)
  const grow = (prefix: readonly string[], projection: Projection | null): void => {
    for (const [name, next] of extend(numbered, projection)) {
      if (next.size < fewestSessions) continue
      if (found.length >= maxPatterns) {
        cut = true
        return
      }
      const acts = [...prefix, numbered.names[name] as string]
      if (acts.length > 1) found.push({ acts, members: [...next.keys()] })
      if (acts.length < longest) grow(acts, next)
    }
  }
  grow([], null)
  return { found, cut }
}

interface Numbered {
  readonly names: readonly string[]
  readonly lists: readonly Int32Array[]
}

/** Names as numbers in alphabetical order, so that the depth-first order does not depend on the sessions. */
function numberNames(lists: readonly (readonly Act[])[]): Numbered {
  const names = [...new Set(lists.flatMap((list) => list.map(({ name }) => name)))].toSorted()
  const numbers = new Map(names.map((name, number) => [name, number]))
  return {
    names,
    lists: lists.map((list) => Int32Array.from(list, ({ name }) => numbers.get(name) ?? -1)),
  }
}

/** Every act that can follow the prefix within the gap, with where it then ends; in name order. */
function extend(
  { lists }: Numbered,
  projection: Projection | null,
): (readonly [number, Map<number, number[]>])[] {
  const extended = new Map<number, Map<number, number[]>>()
  const note = (name: number, session: number, end: number) => {
    const sessions = extended.get(name) ?? new Map<number, number[]>()
    extended.set(name, sessions)
    const ends = sessions.get(session)
    if (!ends) sessions.set(session, [end])
    else if (ends.at(-1) !== end && !ends.includes(end)) ends.push(end)
  }
  if (!projection) {
    lists.forEach((list, session) => {
      list.forEach((name, at) => {
        note(name, session, at)
      })
    })
  } else {
    for (const [session, ends] of projection) {
      const list = lists[session] as Int32Array
      for (const end of ends) {
        const last = Math.min(end + 1 + gap, list.length - 1)
        for (let at = end + 1; at <= last; at += 1) note(list[at] as number, session, at)
      }
    }
  }
  return [...extended].toSorted(([a], [b]) => a - b)
}

/** Of sequences with the very same sessions only those that no longer one contains. */
function keepClosed(found: readonly Sequence[]): Sequence[] {
  const bySessions = Map.groupBy(found, ({ members }) => members.join(','))
  const closed = new Set<Sequence>()
  for (const group of bySessions.values()) {
    for (const one of group) {
      const contained = group.some(
        (other) => other.acts.length > one.acts.length && contains(other.acts, one.acts),
      )
      if (!contained) closed.add(one)
    }
  }
  return found.filter((one) => closed.has(one))
}

function contains(longer: readonly string[], shorter: readonly string[]): boolean {
  let at = 0
  for (const act of longer) if (act === shorter[at]) at += 1
  return at === shorter.length
}

function toCandidate(
  population: Population,
  { acts, members }: Sequence,
  lists: readonly (readonly Act[])[],
): Candidate {
  const shown = acts.map((act) => `\`${act}\``).join(' then ')
  return {
    members,
    standing: 'compared',
    name: shown,
    describe: ({ effect }) => {
      const absent = (effect?.riskDifference ?? 0) > 0
      const others = sayOthers(population)
      return {
        key: `sequence:${acts.join('>')}`,
        title: absent
          ? `Sessions without ${shown} fail more often than ${others}`
          : `Sessions with ${shown} fail more often than ${others}`,
        detail: { kind: 'sequence', acts, presence: absent ? 'absent' : 'present' },
        citations: cite(sight(population, { acts, members, lists, absent })),
        absent,
      }
    },
  }
}

/** The last act of the sequence, where it first comes. */
function sight(
  { cases }: Population,
  given: {
    acts: readonly string[]
    members: Members
    lists: readonly (readonly Act[])[]
    absent: boolean
  },
): { supports: Sighting[]; contradicts: Sighting[] } {
  const sightings = given.members.flatMap((index): Sighting[] => {
    const one = cases[index]
    const act = lists(given, index).find(({ name }) => name === given.acts.at(-1))
    return one && act && one.success !== null ? [{ one, of: act.of, index: act.index }] : []
  })
  return {
    supports: sightings.filter(({ one }) => one.success === given.absent),
    contradicts: sightings.filter(({ one }) => one.success !== given.absent),
  }
}

const lists = (given: { lists: readonly (readonly Act[])[] }, index: number) =>
  given.lists[index] ?? []
