import { lowestTaint, type Taint } from './taint.ts'

/** Everything that can be done with items; `paraphrase` is an engine's, over all that stood in its prompt. */
export type ItemOperation =
  | 'add'
  | 'edit'
  | 'merge'
  | 'supersede'
  | 'retire'
  | 'move'
  | 'paraphrase'
  | 'apply'
  | 'invert'
  | 'import'
  | 'export'
  | 'dream'

/** What went in. An operation that names no part it needs is one whose text nobody answers for. */
export interface Parts {
  /** Who does it, or, for text of an engine, the lowest of what it was shown. */
  readonly writer: Taint
  /** The texts it starts from: the item as it was, the one it is merged with, the one that replaces it. */
  readonly bases: readonly Taint[]
  /** What it rests on. */
  readonly evidence: readonly Taint[]
}

/**
 * The taint of what an operation leaves. Where text only moves or comes back (`move`, `retire`, `invert`,
 * `apply`, `export`), who moved it adds nothing: it keeps the lowest of what it was. Where text is written,
 * the writer counts as well. No operation gives more than its lowest part.
 */
export function taintAfter(operation: ItemOperation, { writer, bases, evidence }: Parts): Taint {
  switch (operation) {
    case 'move':
    case 'retire':
    case 'invert':
    case 'apply':
    case 'export':
      return lowestTaint([...bases, ...evidence])
    case 'add':
    case 'edit':
    case 'merge':
    case 'supersede':
    case 'paraphrase':
    case 'import':
    case 'dream':
      return lowestTaint([writer, ...bases, ...evidence])
  }
}
