import type { ProposedChange } from '../change/change.ts'
import { utf8Length } from '../utf8-length.ts'
import type { JudgedChange } from './decision.ts'
import type { PolicyOperation } from './policy.ts'

/** A change as policies speak of it: by what becomes of the memory, and `delete` where knowledge goes. */
export function operationOf({ operation, baseSha256, leaves }: ProposedChange): PolicyOperation {
  if (leaves === 'absent' || operation === 'retire') return 'delete'
  if (baseSha256 === null) return 'create'
  if (operation === 'merge') return 'merge'
  return operation === 'move' ? 'rename' : 'update'
}

/** Merging and moving say nothing new, so nothing has to stand behind them. */
export function makesClaim(change: ProposedChange): boolean {
  const operation = operationOf(change)
  return operation !== 'merge' && operation !== 'rename'
}

/** Lines that were not there before, whole: a change inside a line is judged with the words around it. */
export function addedText({ document: { before, after } }: Pick<JudgedChange, 'document'>): string {
  const known = new Set((before ?? '').split('\n'))
  return (after ?? '')
    .split('\n')
    .filter((line) => !known.has(line))
    .join('\n')
}

/** Percent of the memory that the edits replace, by characters; 0 for a new memory. */
export function changedPercent({ change, document: { before } }: JudgedChange): number {
  if (before === null || before === '') return 0
  const touched = change.edits.reduce(
    (sum, edit) => sum + Math.max(edit.before.length, edit.after.length),
    0,
  )
  return (100 * touched) / before.length
}

export const afterBytes = ({ document }: JudgedChange): number | null =>
  document.after === null ? null : utf8Length(document.after)

export const afterLines = ({ document }: JudgedChange): number | null =>
  document.after === null ? null : document.after.replace(/\n$/, '').split('\n').length

export const ageMs = (judged: JudgedChange, at: string): number =>
  Date.parse(judged.now) - Date.parse(at)
