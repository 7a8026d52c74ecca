import { type Bitset, countShared, emptyBitset } from '../statistics/bitset.ts'
import { ActNames, codeActs, listActs, nameOf } from './acts.ts'
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
  const { cases } = population
  const { found, stoppedAt } = growAll(layOutActs(population), (sessions) =>
    isComparable(cases.length, sessions),
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

function layOutActs({ cases }: Population): Row {
  const names = new ActNames()
  const coded = cases.map((one) => Int32Array.from(codeActs(one, names)))
  const length = coded.reduce((sum, codes) => sum + codes.length, 0)
  const acts = new Int32Array(length)
  const sessionAt = new Int32Array(length)
  const isUsed = new Uint8Array(2 * names.all.length)
  let at = 0
  coded.forEach((codes, session) => {
    acts.set(codes, at)
    sessionAt.fill(session, at, at + codes.length)
    for (let index = 0; index < codes.length; index += 1) isUsed[codes[index] as number] = 1
    at += codes.length
  })
  const used = [...isUsed.keys()].filter((code) => isUsed[code] === 1)
  const inOrder = [...new Set(used.map((code) => nameOf(code, names)))].toSorted()
  const places = new Map(inOrder.map((name, number) => [name, number]))
  const renamed = new Int32Array(isUsed.length)
  for (const code of used) renamed[code] = places.get(nameOf(code, names)) ?? -1
  for (let index = 0; index < length; index += 1)
    acts[index] = renamed[acts[index] as number] as number
  return { names: inOrder, acts, sessionAt, sessions: cases.length }
}

/** Positions at which a prefix ends, ascending. */
type Ends = Int32Array

/**
 * Length by length, so that a cut leaves out long patterns rather than late names; each length walks the
 * prefixes anew, which costs less than keeping them.
 */
function growAll(
  row: Row,
  wanted: (sessions: number) => boolean,
): { found: Sequence[]; stoppedAt: number | null } {
  const found: Sequence[] = []
  const extension = new Extension(row)
  const collect = (prefix: readonly number[], ends: Ends | null): boolean => {
    const next = extension.gather(ends)
    for (let act = 0; act < row.names.length; act += 1) {
      if (next.count(act) < fewestSessions || !wanted(next.count(act))) continue
      if (found.length >= maxPatterns) return false
      const sessions = next.sessionsOf(act)
      const acts = [...prefix, act].map((number) => row.names[number] ?? '')
      found.push({ acts, sessions, fingerprint: fingerprint(sessions) })
    }
    return true
  }
  const walk = (prefix: readonly number[], ends: Ends | null, length: number): boolean => {
    if (prefix.length + 1 === length) return collect(prefix, ends)
    const next = extension.follow(ends)
    for (let act = 0; act < row.names.length; act += 1) {
      const reached = next(act)
      if (countSessions(row, reached) < fewestSessions) continue
      if (!walk([...prefix, act], reached, length)) return false
    }
    return true
  }
  for (let length = 2; length <= longest; length += 1) {
    if (!walk([], null, length)) return { found, stoppedAt: length }
  }
  return { found, stoppedAt: null }
}

function countSessions({ sessionAt }: Row, ends: Ends): number {
  let [count, last] = [0, -1]
  for (let at = 0; at < ends.length; at += 1) {
    const session = sessionAt[ends[at] as number] as number
    if (session !== last) count += 1
    last = session
  }
  return count
}

interface Gathered {
  readonly count: (act: number) => number
  readonly sessionsOf: (act: number) => Bitset
}

/** What can follow within the gap. */
class Extension {
  readonly #row: Row
  readonly #seenBy: Int32Array
  readonly #all: Ends
  /** By act the sessions that show it, as bits; filled anew by every `gather`. */
  readonly #bits: Uint32Array
  readonly #words: number
  #round = 0

  constructor(row: Row) {
    this.#row = row
    this.#seenBy = new Int32Array(row.acts.length)
    this.#all = row.acts.map((_, at) => at)
    this.#words = emptyBitset(row.sessions).length
    this.#bits = new Uint32Array(this.#words * row.names.length)
  }

  /** By act: where it then ends. */
  follow(ends: Ends | null): (act: number) => Ends {
    const { acts, names } = this.#row
    const reached = ends === null ? this.#all : this.#reach(ends)
    const offsets = new Int32Array(names.length + 1)
    for (let at = 0; at < reached.length; at += 1) {
      const place = (acts[reached[at] as number] as number) + 1
      offsets[place] = (offsets[place] as number) + 1
    }
    for (let act = 0; act < names.length; act += 1) {
      offsets[act + 1] = (offsets[act + 1] as number) + (offsets[act] as number)
    }
    const sorted = new Int32Array(reached.length)
    const next = offsets.slice(0, names.length)
    for (let at = 0; at < reached.length; at += 1) {
      const position = reached[at] as number
      const act = acts[position] as number
      sorted[next[act] as number] = position
      next[act] = (next[act] as number) + 1
    }
    return (act) => sorted.subarray(offsets[act], offsets[act + 1])
  }

  /** By act: which sessions show it then. Cheaper than `follow`, for what is not gone on from. */
  gather(ends: Ends | null): Gathered {
    const { acts, sessionAt } = this.#row
    const [bits, words] = [this.#bits, this.#words]
    bits.fill(0)
    const all = ends ?? this.#all
    const reach = ends === null ? 0 : gap + 1
    const first = ends === null ? 0 : 1
    for (let index = 0; index < all.length; index += 1) {
      const end = all[index] as number
      const session = sessionAt[end] as number
      const mask = 1 << (session & 31)
      for (let at = end + first; at <= end + reach && sessionAt[at] === session; at += 1) {
        const word = (acts[at] as number) * words + (session >>> 5)
        bits[word] = (bits[word] as number) | mask
      }
    }
    const sessionsOf = (act: number) => bits.subarray(act * words, (act + 1) * words)
    return {
      count: (act) => countShared(sessionsOf(act), sessionsOf(act)),
      sessionsOf: (act) => sessionsOf(act).slice(),
    }
  }

  /** Positions behind the ends, each once, ascending because the ends are. */
  #reach(ends: Ends): Int32Array {
    const { acts, sessionAt } = this.#row
    const [seenBy, round] = [this.#seenBy, this.#round + 1]
    this.#round = round
    const reached = new Int32Array(Math.min(ends.length * (gap + 1), acts.length))
    let count = 0
    for (let index = 0; index < ends.length; index += 1) {
      const end = ends[index] as number
      const session = sessionAt[end]
      for (let at = end + 1; at <= end + 1 + gap && sessionAt[at] === session; at += 1) {
        if (seenBy[at] === round) continue
        seenBy[at] = round
        reached[count] = at
        count += 1
      }
    }
    return reached.subarray(0, count)
  }
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

/** Equal sessions have equal fingerprints; others hardly ever, and are compared in full. */
function fingerprint(sessions: Bitset): string {
  let [a, b] = [0x811c9dc5, 0]
  for (let at = 0; at < sessions.length; at += 1) {
    a = Math.imul(a ^ (sessions[at] as number), 0x01000193)
    b = (Math.imul(b, 31) + (sessions[at] as number)) | 0
  }
  return `${a}:${b}`
}

function unpackMembers(bits: Bitset): number[] {
  const members: number[] = []
  for (let at = 0; at < bits.length; at += 1) {
    for (let rest = bits[at] as number; rest !== 0; rest &= rest - 1) {
      members.push(at * 32 + (31 - Math.clz32(rest & -rest)))
    }
  }
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
  const last = given.acts.at(-1)
  const sightings = given.members.flatMap((index): Sighting[] => {
    const one = cases[index]
    if (!one || one.success === null) return []
    const act = listActs(one).find(({ name }) => name === last)
    return act ? [{ one, of: act.of, index: act.index }] : []
  })
  return {
    supports: sightings.filter(({ one }) => one.success === given.good),
    contradicts: sightings.filter(({ one }) => one.success !== given.good),
  }
}
