import type { ProposedChange } from '../../src/core/change/change.ts'
import { extractFacts, type Facts } from '../../src/core/items/facts.ts'
import type { Item } from '../../src/core/items/item.ts'
import { parseItems } from '../../src/core/items/items.ts'
import { normaliseText } from '../../src/core/items/words.ts'
import type { MemoryDocument } from '../../src/core/memory.ts'
import { makeSearch } from '../../src/core/search/bm25.ts'
import { hash } from '../../test/_airline.ts'

const kinds = ['numbers', 'dates', 'names', 'code', 'negations'] as const

/** Typed facts of one line: all of them must be found again with it. */
interface Known {
  readonly text: string
  readonly facts: Facts
}

export interface Survival {
  readonly all: number
  /** In a line that stands word for word. */
  readonly untouched: number
  /** In one of the first five lines that are found with the old line's own words. */
  readonly found: number
  /** Gone with a line that a change replaced or retired, and said so. */
  readonly replaced: number
  readonly lost: readonly string[]
}

const itemsOf = (documents: readonly MemoryDocument[]): Item[] =>
  documents
    .flatMap((document) => parseItems(document, hash))
    .filter(({ kind }) => kind !== 'heading')

export const readKnown = (documents: readonly MemoryDocument[]): Known[] =>
  itemsOf(documents).map(({ text }) => ({ text, facts: extractFacts(text) }))

/** What became of facts that stood in a store before all `applied` changes came into it. */
export function judgeSurvival(
  known: readonly Known[],
  after: readonly MemoryDocument[],
  applied: readonly ProposedChange[],
): Survival {
  const texts = itemsOf(after).map(({ text }) => text)
  const standing = new Set(texts.map(normaliseText))
  const search = makeSearch(texts)
  const said = applied.filter(({ operation }) => operation !== 'add' && operation !== 'merge')
  const replaced = new Set(said.flatMap(({ before }) => (before ? [normaliseText(before)] : [])))
  const counts = { all: 0, untouched: 0, found: 0, replaced: 0 }
  const lost: string[] = []
  for (const { text, facts } of known) {
    const own = kinds.flatMap((kind) => [...new Set(facts[kind])].map((fact) => ({ kind, fact })))
    counts.all += own.length
    if (standing.has(normaliseText(text))) {
      counts.untouched += own.length
      continue
    }
    const near = search(text, 5).map((at) => extractFacts(texts[at] ?? ''))
    for (const { kind, fact } of own) {
      if (near.some((one) => one[kind].includes(fact))) counts.found += 1
      else if (replaced.has(normaliseText(text))) counts.replaced += 1
      else lost.push(`${kind} “${fact}” of “${text.slice(0, 160)}”`)
    }
  }
  return { ...counts, lost }
}
