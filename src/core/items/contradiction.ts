import type { Item } from './item.ts'

/** Two statements of the same thing that cannot both hold. */
export interface Contradiction {
  readonly first: Item
  readonly second: Item
  readonly kind: 'number' | 'value' | 'negation'
  readonly reason: string
}

/** A contradiction that the statements themselves resolve: the older one no longer holds. */
export interface Supersession {
  readonly older: Item
  readonly newer: Item
  /** Day from which the newer one holds, when a statement says so. */
  readonly validFrom: string | null
  readonly reason: string
}

export interface Compared {
  readonly supersessions: readonly Supersession[]
  readonly contradictions: readonly Contradiction[]
}

/** The same said under two headings of one document is said of two things. */
export const inOneScope = (a: Item, b: Item): boolean =>
  a.path !== b.path || a.headings.join('\0') === b.headings.join('\0')
