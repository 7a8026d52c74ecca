import { diffTexts } from '../diff/text-diff.ts'
import type { Edit } from './change.ts'

/** The edits that make one text of the other, as small as lines allow: what both ends share stays out. */
export function editsBetween(before: string, after: string): Edit[] {
  const edits: Edit[] = []
  let open: Edit | null = null
  let offset = 0
  const close = () => {
    if (open) edits.push(trim(open))
    open = null
  }
  const lines = diffTexts(before, after, Number.POSITIVE_INFINITY).hunks.flatMap((one) => one.lines)
  for (const { type, text, ended } of lines) {
    const whole = ended ? `${text}\n` : text
    if (type === 'context') close()
    else {
      const {
        start,
        before: gone,
        after: come,
      }: Edit = open ?? { start: offset, before: '', after: '' }
      open =
        type === 'removed'
          ? { start, before: gone + whole, after: come }
          : { start, before: gone, after: come + whole }
    }
    if (type !== 'added') offset += whole.length
  }
  close()
  return edits
}

function trim({ start, before, after }: Edit): Edit {
  const most = Math.min(before.length, after.length)
  let front = 0
  while (front < most && before[front] === after[front]) front += 1
  let back = 0
  while (back < most - front && before.at(-1 - back) === after.at(-1 - back)) back += 1
  return {
    start: start + front,
    before: before.slice(front, before.length - back),
    after: after.slice(front, after.length - back),
  }
}
