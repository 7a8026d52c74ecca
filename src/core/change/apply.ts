import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import type { DraftChange, Edit } from './change.ts'

export interface Applied<Change extends DraftChange = DraftChange> {
  /** All documents, in path order; untouched ones are the very same bytes. */
  readonly documents: readonly MemoryDocument[]
  readonly refused: readonly { readonly change: Change; readonly reason: string }[]
}

/**
 * Applies changes that are all based on these documents. Their order does not matter: changes of one
 * document are taken in key order, and one that would touch what an earlier one touches is refused, as is
 * one whose base or whose slices no longer stand.
 */
export function applyChanges<Change extends DraftChange>(
  documents: readonly MemoryDocument[],
  changes: readonly Change[],
  hash: Hash,
): Applied<Change> {
  const refused: Applied<Change>['refused'][number][] = []
  const result = new Map(documents.map((document) => [document.path, document]))
  const byPath = Map.groupBy(changes.toSorted(byKey), (change) => change.path)
  for (const [path, group] of byPath) {
    const base = result.get(path) ?? null
    const taken: Change[] = []
    for (const change of group) {
      const reason = findRefusal(base, change, taken)
      if (reason === null) taken.push(change)
      else refused.push({ change, reason })
    }
    if (taken.length === 0) continue
    if (taken.some((change) => change.leaves === 'absent')) result.delete(path)
    else result.set(path, write(path, base?.content ?? '', { changes: taken, hash }))
  }
  return { documents: [...result.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)), refused }
}

/** The changes that undo `changes`, which must all have been applied to `before` to give `after`. */
export function invertChanges<Change extends DraftChange>(
  changes: readonly Change[],
  {
    before,
    after,
  }: { readonly before: readonly MemoryDocument[]; readonly after: readonly MemoryDocument[] },
): Change[] {
  const was = new Set(before.map((document) => document.path))
  const now = new Map(after.map((document) => [document.path, document]))
  const byPath = Map.groupBy(changes.toSorted(byKey), (change) => change.path)
  return [...byPath].flatMap(([path, group]) => {
    const shifts = shiftAll(group)
    return group.map((change) => ({
      ...change,
      key: `undo:${change.key}`,
      baseSha256: now.get(path)?.contentSha256 ?? null,
      edits: change.edits.map((edit) => ({
        start: edit.start + (shifts.get(edit) ?? 0),
        before: edit.after,
        after: edit.before,
      })),
      leaves: was.has(path) ? ('content' as const) : ('absent' as const),
      before: change.after,
      after: change.before,
      rationale: `Undoes: ${change.rationale}`,
    }))
  })
}

/**
 * The edits of `changes` in offsets of the text in which those of `standing` are applied already; all are based
 * on one document and do not clash. In text order.
 */
export function locateEdits(
  changes: readonly DraftChange[],
  standing: readonly DraftChange[] = [],
): (Edit & { readonly key: string })[] {
  const keys = new Map(
    changes.flatMap(({ key, edits }) => edits.map((edit) => [edit, key] as const)),
  )
  const located: (Edit & { readonly key: string })[] = []
  let shift = 0
  for (const edit of inTextOrder([...changes, ...standing])) {
    const key = keys.get(edit)
    if (key === undefined) shift += edit.after.length - edit.before.length
    else located.push({ ...edit, start: edit.start + shift, key })
  }
  return located
}

function findRefusal(
  base: MemoryDocument | null,
  change: DraftChange,
  taken: readonly DraftChange[],
): string | null {
  if ((base?.contentSha256 ?? null) !== change.baseSha256) {
    return base === null
      ? `${change.path} does not exist any more`
      : `${change.path} is no longer the version that the change is based on`
  }
  const content = base?.content ?? ''
  const lost = change.edits.find(
    ({ start, before }) => content.slice(start, start + before.length) !== before,
  )
  if (lost) return `at ${lost.start} of ${change.path} does not stand what the change expects`
  const others = taken.flatMap((other) => other.edits)
  const clash = change.edits.some((edit) => others.some((other) => overlap(edit, other)))
  return clash ? 'it touches the same text as another change' : null
}

/** Two insertions at one place do not clash: they stand one behind the other, in key order. */
function overlap(a: Edit, b: Edit): boolean {
  const [aEnd, bEnd] = [a.start + a.before.length, b.start + b.before.length]
  if (a.before === '' && b.before === '') return false
  if (a.before === '') return a.start > b.start && a.start < bEnd
  if (b.before === '') return b.start > a.start && b.start < aEnd
  return a.start < bEnd && b.start < aEnd
}

/** Edits in text order; of insertions at one place those of the lower key first, before a replacement. */
function inTextOrder(changes: readonly DraftChange[]): Edit[] {
  return changes
    .flatMap((change) => change.edits.map((edit) => ({ edit, key: change.key })))
    .toSorted(
      (a, b) =>
        a.edit.start - b.edit.start ||
        Number(a.edit.before !== '') - Number(b.edit.before !== '') ||
        (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
    )
    .map(({ edit }) => edit)
}

function shiftAll(changes: readonly DraftChange[]): Map<Edit, number> {
  const shifts = new Map<Edit, number>()
  let shift = 0
  for (const edit of inTextOrder(changes)) {
    shifts.set(edit, shift)
    shift += edit.after.length - edit.before.length
  }
  return shifts
}

function write(
  path: string,
  content: string,
  { changes, hash }: { readonly changes: readonly DraftChange[]; readonly hash: Hash },
): MemoryDocument {
  let written = ''
  let from = 0
  for (const { start, before, after } of inTextOrder(changes)) {
    written += content.slice(from, start) + after
    from = start + before.length
  }
  written += content.slice(from)
  return { path, content: written, contentSha256: hash(written) }
}

const byKey = (a: DraftChange, b: DraftChange) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
