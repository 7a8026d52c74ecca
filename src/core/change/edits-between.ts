import { diffTexts } from '../diff/text-diff.ts'
import type { Edit } from './change.ts'

/** The edits that make one text of the other, as small as lines allow: what both ends share stays out. */
export function editsBetween(before: string, after: string): Edit[] {
  const runs: { start: number; before: string; after: string }[] = []
  let offset = 0
  let isOpen = false
  const lines = diffTexts(before, after, Number.POSITIVE_INFINITY).hunks.flatMap((one) => one.lines)
  for (const { type, text, ended } of lines) {
    const whole = ended ? `${text}\n` : text
    if (type !== 'context') {
      if (!isOpen) runs.push({ start: offset, before: '', after: '' })
      const run = runs.at(-1)
      if (run) run[type === 'removed' ? 'before' : 'after'] += whole
    }
    isOpen = type !== 'context'
    if (type !== 'added') offset += whole.length
  }
  return runs.map(trim)
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
