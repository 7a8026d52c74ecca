import type { Facts } from './facts.ts'
import type { Item } from './item.ts'

export interface Veto {
  /** `scope` and `name`: may both be true side by side. The others contradict when all else is equal. */
  readonly kind: 'number' | 'date' | 'negation' | 'quantifier' | 'code' | 'name' | 'scope'
  readonly explanation: string
}

const order = [
  ['numbers', 'number'],
  ['dates', 'date'],
  ['negations', 'negation'],
  ['quantifiers', 'quantifier'],
  ['code', 'code'],
  ['names', 'name'],
] as const

/** Why two similar items may not be taken for one; null when nothing speaks against it. */
export function findVeto(
  [first, second]: readonly [Item, Item],
  [a, b]: readonly [Facts, Facts],
): Veto | null {
  for (const [field, kind] of order) {
    const [left, right] =
      field === 'names'
        ? [namesBeyond(a.names, second), namesBeyond(b.names, first)]
        : [distinct(a[field]), distinct(b[field])]
    if (left.join('\0') === right.join('\0')) continue
    const show = (values: readonly string[]) => (values.length === 0 ? 'none' : values.join(', '))
    return { kind, explanation: `different ${field}: ${show(left)} against ${show(right)}` }
  }
  return findScopeVeto(first, second)
}

/**
 * Said twice under two headings of one document, or in two folders, the author meant it of two things:
 * folders are projects, branches, customers.
 */
function findScopeVeto(first: Item, second: Item): Veto | null {
  const [here, there] = [folderOf(first.path), folderOf(second.path)]
  if (here !== there) {
    return { kind: 'scope', explanation: `kept in two folders: ${here} and ${there}` }
  }
  if (first.path !== second.path || first.kind === 'heading') return null
  const [a, b] = [first.headings.join(' › '), second.headings.join(' › ')]
  if (a === b) return null
  return { kind: 'scope', explanation: `said of two things: “${a}” and “${b}”` }
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)

/** Names that the other text does not have as a word either: at its beginning a name is not told from a word. */
function namesBeyond(names: readonly string[], other: Item): string[] {
  const words = new Set(other.text.toLowerCase().match(/[\p{L}\p{N}-]+/gu))
  return distinct(names).filter((name) => !name.split(' ').every((word) => words.has(word)))
}

const distinct = (values: readonly string[]) => [...new Set(values)]
