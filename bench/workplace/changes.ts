/** A proposed change, and text that only a memory with it holds. */
export interface MadeChange {
  readonly id: string
  readonly marker: string
}

export const notes = '/notes.md'

/** What the notes say of three rules, and what tools say of them since. */
export const lines = [
  { rule: 'R-refund', attribute: 'waiting_days', noted: 5, seen: 7 },
  { rule: 'R-exchange', attribute: 'waiting_days', noted: 14, seen: 30 },
  { rule: 'R-baggage', attribute: 'free_pieces', noted: 1, seen: 2 },
] as const

export const noted = [
  '# Notes',
  '',
  ...lines.map(({ rule, attribute, noted: value }) => `- Rule ${rule} has ${attribute} ${value}.`),
  '',
].join('\n')

/** Lines that nobody dreamt. */
export const laid = ['first', 'second', 'third'].map((word) => `- Ask for the ${word} number.\n`)
