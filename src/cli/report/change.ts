import type { StoredChange } from '../../storage/changes.ts'
import { plural, showForeign, wrapText } from '../text.ts'
import type { Style } from './finding.ts'

/** A change with what goes (-) and what comes (+), as a diff shows it, and why. */
export function renderChange(stored: StoredChange, style: Style): string[] {
  const { change, id, status } = stored
  const { colours, columns } = style
  const wrap = (text: string, first: string) =>
    text
      .split('\n')
      .flatMap((line) => wrapText(showForeign(line), { columns, first, rest: '    ' }))
  const gone = change.edits.flatMap(({ before }) => nonEmptyLines(before))
  const come = change.edits.flatMap(({ after }) => nonEmptyLines(after))
  const quoted = change.evidence.length === 0 ? '' : `; ${plural(change.evidence.length, 'quote')}`
  return [
    `${colours.bold(`${change.operation} ${change.path}`)} ${colours.dim(`(grade ${change.grade}, ${status}${quoted})`)}`,
    ...gone.flatMap((line) => wrap(line, '  - ')).map(colours.red),
    ...come.flatMap((line) => wrap(line, '  + ')).map(colours.green),
    ...wrapText(showForeign(change.rationale), { columns, first: '    ', rest: '    ' }),
    ...change.trust.quarantine.flatMap(({ explanation }) =>
      wrapText(showForeign(`In quarantine until a person releases it: ${explanation}`), {
        columns,
        first: '    ',
        rest: '    ',
      }),
    ),
    colours.dim(`    ${id}`),
  ]
}

const nonEmptyLines = (text: string) => text.split('\n').filter((line) => line.trim() !== '')
