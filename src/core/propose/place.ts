import type { Item } from '../items/item.ts'
import type { MemoryDocument } from '../memory.ts'

/** Where a new line goes: behind an item of an existing document, or into a runbook that is made for it. */
export type PlaceForLine =
  | { readonly type: 'after'; readonly document: MemoryDocument; readonly item: Item }
  | { readonly type: 'new_document'; readonly path: string }

/** Words that say nothing about a topic: verbs and nouns that most tools and headings share. */
const empty = new Set(
  'get set list find search read view show update modify change create delete cancel book add remove send make call tool tools details detail reservation reservations user users order orders error refuses the and for with not does before when first note notes general overview'.split(
    ' ',
  ),
)
/** …except as the verb a tool is named by, when a heading is named by it too. */
const stem = (word: string) => word.slice(0, 5)

/** The section that speaks most about the topic, by shared word stems; ties go to the first by path. */
export function findPlace(
  given: { readonly topic: string; readonly taskType: string | null },
  documents: readonly MemoryDocument[],
  itemsOf: (document: MemoryDocument) => readonly Item[],
): PlaceForLine {
  const wanted = stems(given.topic, 'all')
  const special = stems(given.topic, 'special')
  let best: { place: PlaceForLine; score: number } | null = null
  for (const document of documents) {
    for (const [headings, items] of sections(itemsOf(document))) {
      const last = items.at(-1)
      if (!last) continue
      const names = stems(`${baseOf(document.path)} ${headings}`, 'all')
      const score = 10 * names.intersection(special).size + 3 * names.intersection(wanted).size
      if (score === 0 || (best && score <= best.score)) continue
      best = { score, place: { type: 'after', document, item: last } }
    }
  }
  if (best && best.score >= 3) return best.place
  return { type: 'new_document', path: `/runbooks/${slug(given.taskType ?? 'general')}.md` }
}

/** Items under one trail of headings, bullets and paragraphs only. */
function sections(items: readonly Item[]): [string, Item[]][] {
  const bodies = items.filter(({ kind }) => kind === 'bullet' || kind === 'paragraph')
  return [...Map.groupBy(bodies, (item) => item.headings.join(' '))]
}

function stems(text: string, which: 'all' | 'special'): Set<string> {
  const found = text.toLowerCase().match(/\p{L}{3,}/gu) ?? []
  const kept =
    which === 'all'
      ? found.filter((word) => word !== 'error')
      : found.filter((word) => !empty.has(word))
  return new Set(kept.map(stem))
}

const baseOf = (path: string) => (path.split('/').at(-1) ?? '').replace(/\.\w+$/, '')

function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return plain === '' ? 'general' : plain.slice(0, 60)
}
