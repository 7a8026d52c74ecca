import type { Hash } from '../ids.ts'
import type { Item } from '../items/item.ts'
import { parseItems } from '../items/items.ts'
import type { MemoryDocument } from '../memory.ts'
import { matchesGlob } from '../policy/glob.ts'
import { coinOf } from './assignment.ts'
import type { Mac } from './toss.ts'

export interface WithholdingSettings {
  /** The chance of each item to be left out, 0.05 to 0.10. */
  readonly share: number
  /** Patterns of paths whose items are never left out. */
  readonly exemptPaths: readonly string[]
}

export interface Withheld {
  readonly documents: readonly MemoryDocument[]
  /** Every item that a coin was tossed for. */
  readonly eligible: readonly ItemRef[]
  readonly withheld: readonly string[]
}

export interface ItemRef {
  readonly id: string
  readonly path: string
}

interface Withholding {
  readonly unit: string
  readonly settings: WithholdingSettings
  readonly mac: Mac
  readonly hash: Hash
}

/**
 * The documents without the items that a coin of item and unit leaves out (spec C.9): the same unit misses the same
 * items every time. Only bullets without bullets under them and paragraphs go, each with its own line: headings,
 * tables, code and front matter stay, as does whatever is about safety or compliance.
 */
export function withholdItems(documents: readonly MemoryDocument[], given: Withholding): Withheld {
  const { settings, hash } = given
  const eligible: ItemRef[] = []
  const withheld: string[] = []
  const left = documents.map((document) => {
    if (settings.exemptPaths.some((pattern) => matchesGlob(pattern, document.path))) return document
    const items = parseItems(document, hash).filter(isEligible)
    eligible.push(...items.map(({ id, path }) => ({ id, path })))
    const gone = items.filter(({ id }) => isWithheld(id, given))
    if (gone.length === 0) return document
    withheld.push(...gone.map(({ id }) => id))
    const content = cut(document.content, gone)
    return { path: document.path, content, contentSha256: hash(content) }
  })
  return { documents: left, eligible, withheld }
}

const isWithheld = (id: string, { unit, settings, mac }: Withholding) =>
  coinOf(mac(`${id}\0${unit}`)) < settings.share

/** What is said under such a heading, or carries the marker, protects somebody. */
const protective = /\b(?:safety|compliance|security|privacy|legal|gdpr|hipaa|pci)\b/iu
const keepMarker = '<!-- lucidream:keep -->'

function isEligible({ kind, hasChildren, headings, text }: Item): boolean {
  if (kind !== 'paragraph' && (kind !== 'bullet' || hasChildren)) return false
  if (text.includes(keepMarker) || protective.test(text)) return false
  return !headings.some((heading) => protective.test(heading))
}

/** Whole lines go where nothing else stands on them, so that no empty bullet is left. */
function cut(content: string, items: readonly Item[]): string {
  let kept = ''
  let from = 0
  for (const { start, end } of items.toSorted((a, b) => a.start - b.start)) {
    const line = content.lastIndexOf('\n', start - 1) + 1
    const begin = content.slice(line, start).trim() === '' ? Math.max(line, from) : start
    const newline = content.indexOf('\n', end)
    const rest = newline === -1 ? content.length : newline
    const stop = content.slice(end, rest).trim() === '' ? Math.min(rest + 1, content.length) : end
    kept += content.slice(from, Math.max(begin, from))
    from = stop
  }
  return kept + content.slice(from)
}
