/** One addressable block of a memory: a heading, bullet, paragraph, table row or fenced block. */
export interface Item {
  /** Hash of path, heading trail, kind and normalised text, with an ordinal for exact twins. */
  readonly id: string
  readonly path: string
  readonly kind: 'heading' | 'bullet' | 'paragraph' | 'row' | 'code' | 'frontmatter' | 'other'
  /** Texts of the headings above it, outermost first: the item's scope. */
  readonly headings: readonly string[]
  /** UTF-16 offsets into the document; `text` is exactly that slice. */
  readonly start: number
  readonly end: number
  readonly text: string
  /** A bullet with bullets under it: it cannot go without them. */
  readonly hasChildren: boolean
}
