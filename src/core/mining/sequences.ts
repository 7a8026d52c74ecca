import { addBit, type Bitset, emptyBitset } from '../statistics/bitset.ts'
import { listActs } from './acts.ts'
import type { Candidate, Patterns } from './candidate.ts'
import { cite, type Sighting } from './cite.ts'
import type { Members } from './contrast.ts'
import { isComparable } from './member-sets.ts'
import type { Population } from './population.ts'
import { sayOthers } from './wording.ts'

/** Acts of one pattern, and others that may stand between two of them. */
const longest = 4
const gap = 2
/** Patterns that are compared; shorter ones come first, and the report says where it stopped. */
const maxPatterns = 4_000
const fewestSessions = 8

/** Its sessions as bits: thousands of sequences over a hundred thousand sessions have to fit in memory. */
interface Sequence {
  readonly acts: readonly string[]
  readonly sessions: Bitset
  readonly fingerprint: string
}

/**
 * Sequences of two to four acts, at most two others between them, that enough sessions show and enough do
 * not (PrefixSpan with a gap limit, Pei et al. 2001; all end positions are kept because of the gap). A
 * sequence that a longer one has the same sessions as is left out: they are one pattern.
 */
export function mineSequences(population: Population): Patterns {
  const { found, stoppedAt } = growAll(layOutActs(population), (members) =>
    isComparable(population, members),
  )
  return {
    kind: 'sequence',
    considered: found.length,
    tested: true,
    candidates: keepClosed(found).map((sequence) => toCandidate(population, sequence)),
    silences:
      stoppedAt === null
        ? []
        : [
            `Sequences: ${maxPatterns} were compared, all shorter than ${stoppedAt} acts and the first of that length by name; there are more.`,
          ],
  }
}

/** All acts of all sessions in one row, as numbers in the order of their names. */
interface Row {
  readonly names: readonly string[]
  readonly acts: Int32Array
  readonly sessionAt: Int32Array
  /** How many sessions there are. */
  readonly sessions: number
}

/** Acts are listed anew where one is cited: kept for all sessions they would take more than the traces. */
function layOutActs({ cases }: Population): Row {
  const found = new Map<string, number>()
  const first = cases.map(({ trace }) =>
    Int32Array.from(listActs(trace), ({ name }) => {
      const number = found.get(name) ?? found.size
      found.set(name, number)
      return number
    }),
  )
  const names = [...found.keys()].toSorted()
  const inOrder = new Map(names.map((name, number) => [name, number]))
  const renamed = Int32Array.from([...found.keys()], (name) => inOrder.get(name) ?? -1)
  const length = first.reduce((sum, list) => sum + list.length, 0)
  const acts = new Int32Array(length)
  const sessionAt = new Int32Array(length)
  let at = 0
  first.forEach((list, session) => {
    for (const number of list) {
      acts[at] = renamed[number] as number
      sessionAt[at] = session
      at += 1
    }
  })
  return { names, acts, sessionAt, sessions: cases.length }
}

/** Positions at which a prefix ends, ascending. */
type Ends = readonly number[]

/**
 * Length by length, so that a cut leaves out long patterns rather than late names; each length walks the
 * prefixes anew, which costs less than keeping them.
 */
function growAll(
  row: Row,
  wanted: (members: Members) => boolean,
): { found: Sequence[]; stoppedAt: number | null } {
  const found: Sequence[] = []
  const extend = makeExtension(row)
  const walk = (prefix: readonly number[], ends: Ends, length: number): boolean => {
    for (const [act, next] of extend(prefix.length === 0 ? null : ends)) {
      const members = listSessions(row, next)
      if (members.length < fewestSessions) continue
      const acts = [...prefix, act]
      if (acts.length < length) {
        if (!walk(acts, next, length)) return false
      } else if (wanted(members)) {
        if (found.length >= maxPatterns) return false
        found.push({
          acts: acts.map((number) => row.names[number] ?? ''),
          sessions: packMembers(members, row.sessions),
          fingerprint: fingerprint(members),
        })
      }
    }
    return true
  }
  for (let length = 2; length <= longest; length += 1) {
    if (!walk([], [], length)) return { found, stoppedAt: length }
  }
  return { found, stoppedAt: null }
}

/** Every act that can follow within the gap, with where it then ends; in name order. */
function makeExtension({ names, acts, sessionAt }: Row) {
  const seenBy = new Int32Array(acts.length).fill(-1)
  let round = 0
  return (ends: Ends | null): [number, number[]][] => {
    const buckets = new Map<number, number[]>()
    const note = (at: number) => {
      if (seenBy[at] === round) return
      seenBy[at] = round
      const act = acts[at] as number
      const bucket = buckets.get(act)
      if (bucket) bucket.push(at)
      else buckets.set(act, [at])
    }
    round += 1
    if (ends === null) for (let at = 0; at < acts.length; at += 1) note(at)
    else {
      for (const end of ends) {
        const last = Math.min(end + 1 + gap, acts.length - 1)
        for (let at = end + 1; at <= last && sessionAt[at] === sessionAt[end]; at += 1) note(at)
      }
    }
    return [...buckets].toSorted(([a], [b]) => a - b).filter(([act]) => names[act] !== undefined)
  }
}

function listSessions({ sessionAt }: Row, ends: Ends): number[] {
  const sessions: number[] = []
  let last = -1
  for (const end of ends) {
    const session = sessionAt[end] as number
    if (session !== last) sessions.push(session)
    last = session
  }
  return sessions
}

/** Of sequences with the very same sessions only those that no longer one contains. */
function keepClosed(found: readonly Sequence[]): Sequence[] {
  const bySessions = Map.groupBy(found, (one) => one.fingerprint)
  const closed = new Set<Sequence>()
  for (const group of bySessions.values()) {
    for (const one of group) {
      const contained = group.some(
        (other) =>
          other.acts.length > one.acts.length &&
          contains(other.acts, one.acts) &&
          other.sessions.every((word, at) => word === one.sessions[at]),
      )
      if (!contained) closed.add(one)
    }
  }
  return found.filter((one) => closed.has(one))
}

/** Equal members have equal fingerprints; others hardly ever, and are compared in full. */
function fingerprint(members: Members): string {
  let [a, b] = [0x811c9dc5, 0]
  for (const member of members) {
    a = Math.imul(a ^ member, 0x01000193)
    b = (Math.imul(b, 31) + member) | 0
  }
  return `${members.length}:${a}:${b}`
}

function packMembers(members: Members, sessions: number): Bitset {
  const bits = emptyBitset(sessions)
  for (const member of members) addBit(bits, member)
  return bits
}

function unpackMembers(bits: Bitset): number[] {
  const members: number[] = []
  bits.forEach((word, at) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      members.push(at * 32 + (31 - Math.clz32(rest & -rest)))
    }
  })
  return members
}

function contains(longer: readonly string[], shorter: readonly string[]): boolean {
  let at = 0
  for (const act of longer) if (act === shorter[at]) at += 1
  return at === shorter.length
}

function toCandidate(population: Population, { acts, sessions }: Sequence): Candidate {
  const shown = acts.map((act) => `\`${act}\``).join(' then ')
  return {
    get members() {
      return unpackMembers(sessions)
    },
    standing: 'compared',
    name: shown,
    describe: ({ effect }) => {
      const good = (effect?.riskDifference ?? 0) > 0
      const members = unpackMembers(sessions)
      const absent = good && members.length * 2 > population.cases.length
      const others = sayOthers(population)
      return {
        key: `sequence:${acts.join('>')}`,
        title: absent
          ? `Sessions without ${shown} fail more often than ${others}`
          : `Sessions with ${shown} ${good ? 'succeed' : 'fail'} more often than ${others}`,
        detail: { kind: 'sequence', acts, presence: absent ? 'absent' : 'present' },
        citations: cite(sight(population, { acts, members, good })),
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
    good: boolean
  },
): { supports: Sighting[]; contradicts: Sighting[] } {
  const sightings = given.members.flatMap((index): Sighting[] => {
    const one = cases[index]
    const act = one && listActs(one.trace).find(({ name }) => name === given.acts.at(-1))
    return one && act && one.success !== null ? [{ one, of: act.of, index: act.index }] : []
  })
  return {
    supports: sightings.filter(({ one }) => one.success === given.good),
    contradicts: sightings.filter(({ one }) => one.success !== given.good),
  }
}
