import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import { joinContained } from './containment.ts'
import { contentStems } from './content.ts'
import type { Contradiction, Supersession } from './contradiction.ts'
import { agree, compareStatements } from './contradictions.ts'
import { extractFacts, type Facts } from './facts.ts'
import type { Item } from './item.ts'
import { parseItems } from './items.ts'
import type { Pair } from './near-duplicates.ts'
import { saysTheSame } from './sameness.ts'
import { splitSentences } from './sentences.ts'
import { conditionOf, listIdentifiers, readStatements } from './statements.ts'
import { findVeto, type Veto } from './veto.ts'
import { contentWords, words } from './words.ts'

export interface Reconciliation {
  readonly duplicates: readonly DuplicateGroup[]
  /** Lines that newer lines of the store take the place of. */
  readonly supersessions: readonly Supersession[]
  readonly conflicts: readonly ConflictPair[]
  /** What was not compared, and why. */
  readonly notAnalysable: readonly string[]
}

export interface DuplicateGroup {
  readonly survivor: Item
  readonly others: readonly { readonly item: Item; readonly jaccard: number }[]
}

/** Two items that are alike but for something that matters; which one is right is not decided here. */
interface ConflictPair {
  readonly first: Item
  readonly second: Item
  readonly kind: Veto['kind'] | Contradiction['kind']
  readonly reason: string
}

/** Two items with fewer words of their own may say the same by accident. */
const fewestStems = 2
/** From here two items speak of the same thing, so that different values contradict. */
const relatedFrom = 0.5
/** Shorter items ("Yes.") are alike by accident. */
const fewestWords = 4
const contradicting = new Set<Veto['kind']>(['number', 'date', 'negation', 'quantifier'])

/**
 * Reads all documents as items and finds what is said twice, what takes the place of what, and what
 * contradicts. Only what the texts themselves resolve is resolved; the rest is flagged with both sides.
 */
export function reconcile(documents: readonly MemoryDocument[], hash: Hash): Reconciliation {
  const ordered = documents.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const all = ordered.flatMap((document) => parseItems(document, hash))
  const items = all.filter(isComparable)
  const facts = items.map((item) => extractFacts(item.text))
  const veto = ({ first, second }: Pair) =>
    findVeto(
      [items[first] as Item, items[second] as Item],
      [facts[first] as Facts, facts[second] as Facts],
    )
  const duplicates = findAlike(items).filter((pair) => veto(pair) === null)
  const { supersessions, contradictions } = compareStatements(
    all.filter(isStating).flatMap(readStatements),
  )
  const settled = new Set(supersessions.map(({ older, newer }) => nameOf(older, newer)))
  const { conflicts, lists } = findConflicts(items, veto)
  const flagged = [...contradictions, ...conflicts].filter(
    ({ first, second }) => !settled.has(nameOf(first, second)),
  )
  const { retirable, crowded } = splitRetirable(supersessions)
  return {
    duplicates: group(items, facts, duplicates),
    supersessions: retirable,
    conflicts: keepFirst([...crowded, ...flagged]),
    notAnalysable: [...explain(ordered), ...lists],
  }
}

const isStating = ({ kind }: Item) => kind === 'bullet' || kind === 'paragraph' || kind === 'row'

const nameOf = (a: Item, b: Item) => [a.id, b.id].toSorted().join(' ')

/** An item of several sentences is not retired for one of them: then both sides are shown. */
function splitRetirable(supersessions: readonly Supersession[]) {
  const isSingle = ({ older }: Supersession) =>
    older.kind === 'row' || splitSentences(older.text).length === 1
  return {
    retirable: supersessions.filter((one) => isSingle(one) && !one.older.hasChildren),
    crowded: supersessions
      .filter((one) => !isSingle(one) || one.older.hasChildren)
      .map(
        ({ older, newer, reason }): ConflictPair => ({
          first: older,
          second: newer,
          kind: 'value',
          reason,
        }),
      ),
  }
}

/** One flag for two items, whatever found it; in the order of the items. */
function keepFirst(conflicts: readonly ConflictPair[]): ConflictPair[] {
  const kept = new Map<string, ConflictPair>()
  for (const conflict of conflicts) {
    const key = nameOf(conflict.first, conflict.second)
    if (!kept.has(key)) kept.set(key, inItemOrder(conflict))
  }
  return [...kept.values()].toSorted(
    (a, b) => comparePlaces(a.first, b.first) || comparePlaces(a.second, b.second),
  )
}

const inItemOrder = (conflict: ConflictPair): ConflictPair =>
  comparePlaces(conflict.first, conflict.second) <= 0
    ? conflict
    : { ...conflict, first: conflict.second, second: conflict.first }

const comparePlaces = (a: Item, b: Item) =>
  a.path === b.path ? a.start - b.start : a.path < b.path ? -1 : 1

/** So many items about the same words are compared with one another; any others with these only. */
const mostCompared = 50

/** Pairs of the same stems that say the same: one word that only one of them has may tell two facts apart. */
function findAlike(items: readonly Item[]): Pair[] {
  const sets = items.map((item) => contentStems(item.text))
  return groupEqual(sets, fewestStems)
    .flatMap((group) => [...pairWithFirst(group, mostCompared)])
    .filter(({ first, second }) => saysTheSame(items[first]?.text ?? '', items[second]?.text ?? ''))
    .toSorted((a, b) => a.first - b.first || a.second - b.second)
}

/** Indices of equal sets that have at least `fewest` members. */
function groupEqual(sets: readonly ReadonlySet<string>[], fewest: number): number[][] {
  const large = [...sets.keys()].filter((index) => (sets[index]?.size ?? 0) >= fewest)
  return [...Map.groupBy(large, (index) => [...(sets[index] ?? [])].toSorted().join(' ')).values()]
}

/** Many copies of one line are all pairs of the first ones: enough to merge them, and never a square. */
function* pairWithFirst(group: readonly number[], most: number): Generator<Pair> {
  for (const [at, first] of group.slice(0, most).entries()) {
    for (const second of group.slice(at + 1)) yield { first, second, jaccard: 1 }
  }
}

/** More items than this that differ in nothing but values are a list: "port of node 1 is 4001", and so on. */
const largestDispute = 8

/**
 * Two items speak of the same thing when all content words of one are among the other's: then different
 * numbers, dates, negations or quantifiers contradict. When each has a word of its own ("cancelled" here,
 * "delayed" there) they speak of two things, and different values are right.
 */
function findConflicts(items: readonly Item[], veto: (pair: Pair) => Veto | null) {
  const sets = items.map(({ text }) => contentWords(text).union(new Set(listIdentifiers(text))))
  const lists = groupEqual(sets, 1).filter(({ length }) => length > largestDispute)
  const listed = new Set(lists.flat())
  const compared = sets.map((set, index) => (listed.has(index) ? new Set<string>() : set))
  const conflicts = joinContained(compared, relatedFrom).flatMap((pair): ConflictPair[] => {
    const found = veto(pair)
    if (!found || !contradicting.has(found.kind)) return []
    const [first, second] = [items[pair.first] as Item, items[pair.second] as Item]
    if (speakOfTwo(first, second)) return []
    return [{ first, second, kind: found.kind, reason: found.explanation }]
  })
  return { conflicts, lists: lists.map((list) => explainList(list, items)) }
}

function explainList(list: readonly number[], items: readonly Item[]): string {
  const first = items[list[0] ?? 0] as Item
  return `${list.length} lines differ in nothing but values (in ${first.path}: “${first.text.slice(0, 60)}”): taken for a list, none of them is called a contradiction.`
}

/** Another condition, another piece of code, or amounts that agree after all: then nothing contradicts. */
function speakOfTwo(first: Item, second: Item): boolean {
  const [a, b] = [extractFacts(first.text), extractFacts(second.text)]
  if (a.code.join(' ') !== b.code.join(' ')) return true
  if (conditionOf(first.text) !== conditionOf(second.text)) return true
  return a.numbers.length > 0 && b.numbers.length > 0 && agree(a.numbers, b.numbers)
}

function isComparable(item: Item): boolean {
  const compared = item.kind === 'bullet' || item.kind === 'paragraph'
  return compared && words(item.text).size >= fewestWords
}

/** Connected duplicates become one group, but only members that are duplicates of the survivor itself. */
function group(
  items: readonly Item[],
  facts: readonly Facts[],
  pairs: readonly Pair[],
): DuplicateGroup[] {
  const taken = new Set<number>()
  const groups: DuplicateGroup[] = []
  const inPairs = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))]
  const byInformation = inPairs.toSorted(
    (a, b) => weigh(items[b], facts[b]) - weigh(items[a], facts[a]) || a - b,
  )
  for (const index of byInformation) {
    if (taken.has(index)) continue
    const others = pairs.flatMap(({ first, second, jaccard }) => {
      const other = first === index ? second : second === index ? first : null
      return other === null || taken.has(other) ? [] : [{ other, jaccard }]
    })
    if (others.length === 0) continue
    taken.add(index)
    for (const { other } of others) taken.add(other)
    groups.push({
      survivor: items[index] as Item,
      others: others.map(({ other, jaccard }) => ({ item: items[other] as Item, jaccard })),
    })
  }
  return groups
}

/** Facts first, then words: the text that says more stays. */
function weigh(item: Item | undefined, facts: Facts | undefined): number {
  const count = facts ? Object.values(facts).reduce((sum, list) => sum + list.length, 0) : 0
  return count * 1_000 + (item ? words(item.text).size : 0)
}

function explain(documents: readonly MemoryDocument[]): string[] {
  const nonLatin = documents.filter(({ content }) => {
    const letters = content.match(/\p{L}/gu)?.length ?? 0
    const latin = content.match(/\p{Script=Latin}/gu)?.length ?? 0
    return letters > 0 && latin < letters / 2
  })
  if (nonLatin.length === 0) return []
  return [
    `${nonLatin.length} documents are mostly not in Latin script: duplicates are found by characters there, contradictions only where numbers, dates or code differ.`,
  ]
}
