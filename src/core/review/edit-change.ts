import type { ProposedChange } from '../change/change.ts'
import { DomainError } from '../errors.ts'

/**
 * The change with another text in place of what it inserts: the same place, the same base, the same key. Blank
 * space around the text and the front of its line ("- ") are the change's own and stay.
 */
export function editChange(change: ProposedChange, text: string): ProposedChange {
  const wanted = text.trim()
  if (wanted === '') {
    throw new DomainError('invalid_argument', 'after: is empty; reject the change instead.')
  }
  const inserting = change.edits.filter(({ after }) => after.trim() !== '')
  const [edit] = inserting
  if (!edit || inserting.length > 1) {
    throw new DomainError(
      'invalid_argument',
      edit
        ? 'The change inserts text at several places and cannot be edited as one; reject it and edit the memory.'
        : 'The change inserts no text that could be edited; accept or reject it.',
    )
  }
  const whole = change.after ?? ''
  const isWhole = edit.after.includes(whole) && whole !== ''
  const after = isWhole
    ? edit.after.replace(whole, () => wanted)
    : replaceTrimmed(edit.after, wanted)
  const edits = change.edits.map((one) => (one === edit ? { ...edit, after } : one))
  const shown =
    isWhole || change.after === null ? wanted : change.after.replace(edit.after, () => after)
  return { ...change, edits, after: shown }
}

function replaceTrimmed(old: string, wanted: string): string {
  const front = old.length - old.trimStart().length
  const back = old.trimEnd().length
  return old.slice(0, front) + wanted + old.slice(back)
}
