import type { Edit } from './change.ts'

/** Where edits of a text go in another one that came of the same text. Each edit is in exactly one of these. */
export interface Rebased {
  /** In offsets of the other text. */
  readonly carried: readonly Edit[]
  /** The other text has the very same edit. */
  readonly known: readonly Edit[]
  /** The other text changed the same lines in another way: nobody but a reader can tell what should stand there. */
  readonly clashing: readonly Edit[]
}

/**
 * Carries edits of `base` over to the text that `moved` makes of it. Whole lines that both insert at one place stand one
 * behind the other, those of `moved` first; whatever else touches a line that `moved` touches clashes with it. Both are
 * in text order and clash with none of their own.
 */
export function rebaseEdits(
  base: string,
  { edits, moved }: { readonly edits: readonly Edit[]; readonly moved: readonly Edit[] },
): Rebased {
  const others = moved.map((edit) => ({ edit, span: spanOf(base, edit) }))
  const carried: Edit[] = []
  const known: Edit[] = []
  const clashing: Edit[] = []
  let next = 0
  let shift = 0
  for (const edit of edits) {
    const span = spanOf(base, edit)
    for (; next < others.length; next += 1) {
      const other = others[next]
      if (!other || !goesBefore(other, { edit, span })) break
      shift += other.edit.after.length - other.edit.before.length
    }
    const near = listNear(others, next, span)
    if (near.some((other) => isSame(other.edit, edit))) known.push(edit)
    else if (near.some((other) => overlap(other.span, span))) clashing.push(edit)
    else carried.push({ ...edit, start: edit.start + shift })
  }
  return { carried, known, clashing }
}

/** The lines that an edit touches; whole lines that are inserted touch none, and lie between two. */
interface Span {
  readonly from: number
  readonly to: number
}

interface Placed {
  readonly edit: Edit
  readonly span: Span
}

function spanOf(base: string, { start, before, after }: Edit): Span {
  const isBetween = start === 0 || base[start - 1] === '\n'
  if (before === '' && isBetween && after.endsWith('\n')) return { from: start, to: start }
  const end = start + before.length
  // An edit that ends with a line does not touch the next one, unless it joins the two.
  const isWhole = before.endsWith('\n') && (after.endsWith('\n') || (after === '' && isBetween))
  const feed = base.indexOf('\n', end)
  return {
    from: start === 0 ? 0 : base.lastIndexOf('\n', start - 1) + 1,
    // A last line that no line feed ends goes on behind the text: who writes there touches it.
    to: isWhole ? end : feed < 0 ? base.length + 1 : feed + 1,
  }
}

/** Whether the whole of the other edit stands in front of this one. */
function goesBefore(other: Placed, { edit, span }: Placed): boolean {
  if (isSame(other.edit, edit)) return false
  if (other.span.from < other.span.to) return other.span.to <= span.from
  return other.span.from <= span.from
}

/** Those that could touch the span: the last that went before may be the same insertion, so it is looked at too. */
function listNear(others: readonly Placed[], next: number, span: Span): Placed[] {
  const near: Placed[] = []
  for (let at = next; at < others.length; at += 1) {
    const other = others[at] as Placed
    if (other.span.from > span.to) break
    near.push(other)
  }
  for (let at = next - 1; at >= 0; at -= 1) {
    const other = others[at] as Placed
    if (other.span.to < span.from) break
    near.push(other)
  }
  return near
}

const isSame = (a: Edit, b: Edit) =>
  a.start === b.start && a.before === b.before && a.after === b.after

/** Spans without a line are touched only from both sides. */
function overlap(a: Span, b: Span): boolean {
  if (a.from === a.to && b.from === b.to) return false
  if (a.from === a.to) return a.from > b.from && a.from < b.to
  if (b.from === b.to) return b.from > a.from && b.from < a.to
  return a.from < b.to && b.from < a.to
}
