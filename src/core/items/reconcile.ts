import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import { extractFacts, type Facts } from './facts.ts'
import type { Item } from './item.ts'
import { parseItems } from './items.ts'
import { joinSimilar, type Pair } from './near-duplicates.ts'
import { findVeto, type Veto } from './veto.ts'
import { contentWords, shingle, words } from './words.ts'

export interface Reconciliation {
  readonly duplicates: readonly DuplicateGroup[]
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
  readonly kind: Veto['kind']
  readonly reason: string
}

/** From here two items say the same, if nothing vetoes it. */
const duplicateFrom = 0.7
/** From here two items speak of the same thing, so that different values contradict. */
const relatedFrom = 0.5
/** Shorter items ("Yes.") are alike by accident. */
const fewestWords = 4
const contradicting = new Set<Veto['kind']>(['number', 'date', 'negation', 'quantifier'])

/**
 * Reads all documents as items and finds what is said twice and what contradicts. Nothing is resolved: a
 * contradiction is flagged with both sides.
 */
export function reconcile(documents: readonly MemoryDocument[], hash: Hash): Reconciliation {
  const ordered = documents.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const items = ordered.flatMap((document) => parseItems(document, hash)).filter(isComparable)
  const facts = items.map((item) => extractFacts(item.text))
  const veto = ({ first, second }: Pair) =>
    findVeto(
      [items[first] as Item, items[second] as Item],
      [facts[first] as Facts, facts[second] as Facts],
    )
  const duplicates = findAlike(items).filter((pair) => veto(pair) === null)
  return {
    duplicates: group(items, facts, duplicates),
    conflicts: findConflicts(items, veto),
    notAnalysable: explain(ordered),
  }
}

/** By words and by shingles: one of the two must be alike enough. */
function findAlike(items: readonly Item[]): Pair[] {
  const pairs = new Map<string, Pair>()
  for (const cut of [words, shingle]) {
    const sets = items.map((item) => cut(item.text))
    for (const pair of joinSimilar(sets, duplicateFrom)) {
      const key = `${pair.first} ${pair.second}`
      const known = pairs.get(key)
      if (!known || known.jaccard < pair.jaccard) pairs.set(key, pair)
    }
  }
  return [...pairs.values()].toSorted((a, b) => a.first - b.first || a.second - b.second)
}

/**
 * Two items speak of the same thing when all content words of one are among the other's: then different
 * numbers, dates, negations or quantifiers contradict. When each has a word of its own ("cancelled" here,
 * "delayed" there) they speak of two things, and different values are right.
 */
function findConflicts(items: readonly Item[], veto: (pair: Pair) => Veto | null): ConflictPair[] {
  const sets = items.map((item) => contentWords(item.text))
  return joinSimilar(sets, relatedFrom).flatMap((pair) => {
    const [a, b] = [
      sets[pair.first] as ReadonlySet<string>,
      sets[pair.second] as ReadonlySet<string>,
    ]
    if (!a.isSubsetOf(b) && !b.isSubsetOf(a)) return []
    const found = veto(pair)
    if (!found || !contradicting.has(found.kind)) return []
    const [first, second] = [items[pair.first] as Item, items[pair.second] as Item]
    return [{ first, second, kind: found.kind, reason: found.explanation }]
  })
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
