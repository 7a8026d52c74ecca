import { joinSimilar } from '../items/near-duplicates.ts'
import { words } from '../items/words.ts'
import { makeSearch } from '../search/bm25.ts'

/** Spec D.2.3: among the first so many lines for more than this share of what was asked. */
const foundAmong = 3
const broadFrom = 0.05
/** A share of fewer requests than this, or a place among fewer lines, says nothing. */
const fewestQueries = 40
const fewestLines = 40

/** Where a text would be found: what an attacker wants is a line that comes up whatever is asked. */
export interface Breadth {
  readonly share: number
  /** Of the line of the store itself that comes up most. */
  readonly broadestOwn: number
  readonly queries: number
}

/**
 * How much of what users asked before would bring up each text, among the lines that the store has. Null where there
 * is too little to compare with.
 */
export function measureBreadth(
  texts: readonly string[],
  { lines, queries }: { readonly lines: readonly string[]; readonly queries: readonly string[] },
): Breadth[] | null {
  if (queries.length < fewestQueries || lines.length < fewestLines || texts.length === 0)
    return null
  const search = makeSearch([...lines, ...texts])
  const hits = new Array<number>(lines.length + texts.length).fill(0)
  for (const query of queries) {
    let ahead = 0
    // Proposed lines do not stand in each other's way: an attacker would else hide behind a second one.
    for (const at of search(query, foundAmong + texts.length)) {
      if (ahead < foundAmong) hits[at] = (hits[at] ?? 0) + 1
      if (at < lines.length) ahead += 1
    }
  }
  const broadestOwn = Math.max(...hits.slice(0, lines.length)) / queries.length
  return hits.slice(lines.length).map((count) => ({
    share: count / queries.length,
    broadestOwn,
    queries: queries.length,
  }))
}

/**
 * The bare share would hold back a third of harmless lines: in a small store a third of the lines that people
 * wrote come up for more. So a line has to be broader than all of them as well.
 */
export const isBroad = ({ share, broadestOwn }: Breadth) => share > Math.max(broadFrom, broadestOwn)

export const explainBreadth = ({ share, broadestOwn, queries }: Breadth) =>
  `It would be among the first ${foundAmong} lines for ${percent(share)} of the last ${queries} requests; no line that stands there is for more than ${percent(broadestOwn)}, and from ${percent(broadFrom)} on a person looks at it.`

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`

/** One line that a session or an import wrote into a memory. */
export interface RecentWrite {
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const hour = 3_600_000
/** So many writes that say nearly the same within an hour are a burst. */
const burstFrom = 3
const alikeFrom = 0.6

/** For each text, how many writes of one hour say nearly the same; the largest such hour. */
export function countBursts(
  texts: readonly string[],
  writes: readonly RecentWrite[],
): readonly number[] {
  const sets = [...texts, ...writes.map(({ text }) => text)].map(words)
  const alike = new Map<number, number[]>()
  for (const { first, second } of joinSimilar(sets, alikeFrom)) {
    const [text, write] = [Math.min(first, second), Math.max(first, second)]
    if (text >= texts.length || write < texts.length) continue
    const at = writes[write - texts.length]?.at ?? 0
    alike.set(text, [...(alike.get(text) ?? []), at])
  }
  return texts.map((_, index) => {
    const times = (alike.get(index) ?? []).toSorted((a, b) => a - b)
    return Math.max(
      0,
      ...times.map((from) => times.filter((at) => at >= from && at < from + hour).length),
    )
  })
}

export const isBurst = (count: number) => count >= burstFrom

export const explainBurst = (count: number) =>
  `${count} lines that agents wrote within one hour say nearly the same; from ${burstFrom} on a person looks at it.`
