import type { Edit } from './change.ts'

/** One write of a text: who wrote what, all in offsets of the text as it stood before. */
export interface OwnedEdit extends Edit {
  readonly owner: string
}

interface Piece {
  readonly text: string
  /** Null: it stood there at the beginning. */
  readonly owner: string | null
  /** Which insertion it is part of; numbers the edits in the order they were made. */
  readonly run: number
  /** Who removed it, with the number of that edit. */
  readonly removals: ReadonlyMap<string, number>
}

interface Span {
  readonly from: number
  readonly to: number
  /** Number of the edit. */
  readonly run: number
}

/**
 * What became of a text, kept so that any writer can be taken out again and put back: nothing that was written
 * is forgotten, it is only hidden. The text with some writers hidden does not depend on the order of hiding,
 * and with all of them hidden it is the text of the beginning.
 */
export class TextHistory {
  #pieces: Piece[]
  #runs = 0
  readonly #hidden = new Set<string>()

  constructor(base: string) {
    this.#pieces = base === '' ? [] : [{ text: base, owner: null, run: 0, removals: new Map() }]
  }

  get text(): string {
    return this.#pieces
      .filter((piece) => this.#isShown(piece))
      .map(({ text }) => text)
      .join('')
  }

  /** Edits in text order that do not overlap; those at one place stand in the order given. */
  write(edits: readonly OwnedEdit[]): void {
    // From behind, so that the offsets in front stay what they are.
    for (const edit of edits.toReversed()) this.#writeOne(edit)
  }

  hide(owners: Iterable<string>): void {
    for (const owner of owners) this.#hidden.add(owner)
  }

  show(owners: Iterable<string>): void {
    for (const owner of owners) this.#hidden.delete(owner)
  }

  /**
   * Who cannot stay as they are when `owners` are hidden or shown again: they wrote into what those wrote, or
   * changed it; and all who depend on them in turn. In the order in which they wrote.
   */
  listDependents(owners: Iterable<string>): string[] {
    const moving = new Set(owners)
    const found: string[] = []
    for (;;) {
      const next = this.#findDependent(moving)
      if (next === null) return found
      moving.add(next)
      found.push(next)
    }
  }

  /** Hidden writers without whom `owners` cannot be shown: they wrote into what those wrote. */
  listMissing(owners: Iterable<string>): string[] {
    const coming = new Set(owners)
    for (let size = -1; size !== coming.size; ) {
      size = coming.size
      const others = new Set([...this.#hidden].filter((owner) => !coming.has(owner)))
      for (const { from, to, run } of this.#listSpans(others, 'insertions')) {
        const pieces = this.#pieces.slice(from, to + 1)
        const owner = pieces[0]?.owner
        const isWanted = pieces.some((piece) => touches(piece, run, (who) => coming.has(who)))
        if (isWanted && owner != null) coming.add(owner)
      }
    }
    return [...coming.difference(new Set(owners))]
  }

  #findDependent(moving: ReadonlySet<string>): string | null {
    const isOther = (owner: string) => !moving.has(owner) && !this.#hidden.has(owner)
    for (const { from, to, run } of this.#listSpans(moving, 'all')) {
      for (const piece of this.#pieces.slice(from, to + 1)) {
        const other = touches(piece, run, isOther)
        if (other !== null) return other
      }
    }
    return null
  }

  /** First and last piece of what each edit of `owners` inserted, or removed while that is undone. */
  #listSpans(owners: ReadonlySet<string>, which: 'all' | 'insertions'): Span[] {
    const spans = new Map<string, Span>()
    const extend = (name: string, at: number, run: number) => {
      const known = spans.get(name)
      spans.set(name, { from: known?.from ?? at, to: at, run })
    }
    for (const [at, { owner, run, removals }] of this.#pieces.entries()) {
      if (owner !== null && owners.has(owner)) extend(`+${run}`, at, run)
      for (const [remover, number] of removals) {
        // What is removed cannot be written into; only what was shown again can have been.
        if (which === 'all' && owners.has(remover) && this.#hidden.has(remover))
          extend(`-${number}`, at, number)
      }
    }
    return [...spans.values()]
  }

  #writeOne({ start, before, after, owner }: OwnedEdit): void {
    this.#runs += 1
    const run = this.#runs
    let at = this.#cutAt(start)
    const end = this.#cutAt(start + before.length)
    for (; at < end; at += 1) {
      const piece = this.#pieces[at] as Piece
      if (!this.#isShown(piece)) continue
      const removals = new Map([...piece.removals, [owner, run] as const])
      this.#pieces[at] = { ...piece, removals }
    }
    if (after === '') return
    this.#pieces.splice(at, 0, { text: after, owner, run, removals: new Map() })
  }

  /** Index of the piece in front of which a shown offset lies: behind the shown piece that ends there. */
  #cutAt(offset: number): number {
    let left = offset
    if (left === 0) return 0
    for (const [at, piece] of this.#pieces.entries()) {
      if (!this.#isShown(piece)) continue
      const { text } = piece
      if (left === text.length) return at + 1
      if (left < text.length) {
        const halves = [text.slice(0, left), text.slice(left)].map((half) => ({
          ...piece,
          text: half,
        }))
        this.#pieces.splice(at, 1, ...halves)
        return at + 1
      }
      left -= text.length
    }
    throw new Error(`offset ${offset} lies behind the text`)
  }

  #isShown({ owner, removals }: Piece): boolean {
    if (owner !== null && this.#hidden.has(owner)) return false
    for (const remover of removals.keys()) if (!this.#hidden.has(remover)) return false
    return true
  }
}

/** Who of them wrote into this piece, or removed it, after an edit; null when nobody did. */
function touches(
  { owner, run, removals }: Piece,
  after: number,
  isMeant: (owner: string) => boolean,
): string | null {
  const wrote = owner === null ? [] : [[owner, run] as const]
  return [...wrote, ...removals].find(([who, when]) => when > after && isMeant(who))?.[0] ?? null
}
