import { contentStems } from './content.ts'
import { extractFacts } from './facts.ts'
import type { Item } from './item.ts'
import { type Sentence, splitSentences } from './sentences.ts'
import { findVeto } from './veto.ts'

/** A sentence that two items hold which are different otherwise. */
export interface RepeatedSentence {
  /** Keeps it. */
  readonly kept: Item
  /** Loses it; something else is left of the item. */
  readonly cut: Item
  readonly sentence: Sentence
}

/** Shorter sentences ("Ask first.") are said again on purpose. */
const fewestStems = 5

/** In the order of the items the first keeps its sentence; a veto or a border of scope keeps both. */
export function findRepeatedSentences(items: readonly Item[]): RepeatedSentence[] {
  const seen = new Map<string, { item: Item; sentence: Sentence }>()
  const repeated: RepeatedSentence[] = []
  for (const item of items) {
    const sentences = splitSentences(item.text)
    if (sentences.length < 2 || item.hasChildren) continue
    for (const sentence of sentences) {
      const stems = contentStems(sentence.text)
      if (stems.size < fewestStems) continue
      const key = [...stems].toSorted().join(' ')
      const first = seen.get(key)
      if (!first) seen.set(key, { item, sentence })
      else if (first.item.id !== item.id && !isVetoed(first, { item, sentence })) {
        repeated.push({ kept: first.item, cut: item, sentence })
      }
    }
  }
  return repeated.filter(({ cut }) => repeated.filter((one) => one.cut.id === cut.id).length === 1)
}

function isVetoed(
  a: { item: Item; sentence: Sentence },
  b: { item: Item; sentence: Sentence },
): boolean {
  const [first, second] = [a, b].map(({ item, sentence }) => ({ ...item, text: sentence.text }))
  if (!first || !second) return true
  return findVeto([first, second], [extractFacts(first.text), extractFacts(second.text)]) !== null
}
