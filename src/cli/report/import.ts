import type { FileReport, ImportReport } from '../../core/present/import-report.ts'
import { formatNames } from '../../pipeline/import.ts'
import { groupDigits, layTable, plural, showForeign } from '../text.ts'
import type { Style } from './finding.ts'

/** Per file what was read, then what was left out and why; a folder of hundreds shows its totals. */
export function renderImport({ files, totals }: ImportReport, { colours }: Style): string[] {
  const read = files.filter((file) => file.error === null && file.sessions > 0)
  const shown = read.slice(0, 40)
  const more = read.length - shown.length
  return [
    ...layTable([
      ['file', 'format', 'sessions', 'events', 'outcomes', 'new', 'secrets masked'],
      ...shown.map((file) => [
        showForeign(file.path),
        file.format ?? '',
        file.sessions,
        file.events,
        file.outcomeSignals,
        file.added + file.replaced,
        file.secretsMasked,
      ]),
    ]).map((line, index) => (index === 0 ? colours.dim(line) : line)),
    ...(more > 0 ? [`… and ${plural(more, 'more file')}; --json lists all of them`] : []),
    '',
    describeTotals(totals),
    ...renderSkipped(files, colours.dim),
    ...files.flatMap((file) =>
      file.error
        ? [colours.red(`not imported: ${showForeign(file.error.message)} [${file.error.code}]`)]
        : [],
    ),
    ...(files.some((file) => file.error?.code === 'file_not_transcript')
      ? [`Formats that are known: ${formatNames.join(', ')}.`]
      : []),
  ]
}

function describeTotals(totals: ImportReport['totals']): string {
  const fates = [
    [totals.added, 'new'],
    [totals.replaced, 'replaced by a longer or better known transcript'],
    [totals.unchanged, 'unchanged'],
    [totals.shorter, 'shorter than what is stored, left out'],
  ] as const
  const said = fates
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${groupDigits(count)} ${what}`)
  const masked =
    totals.secretsMasked === 0
      ? 'no secrets found'
      : `${plural(totals.secretsMasked, 'secret')} masked`
  return `${plural(totals.sessions, 'session')} (${said.join(', ') || 'none'}), ${plural(totals.events, 'event')}, ${plural(totals.outcomeSignals, 'outcome signal')}, ${masked}.`
}

function renderSkipped(files: readonly FileReport[], dim: (text: string) => string): string[] {
  const sums = new Map<string, { count: number; kept: boolean }>()
  for (const { reason, count, kept } of files.flatMap((file) => file.skipped)) {
    sums.set(reason, { count: (sums.get(reason)?.count ?? 0) + count, kept })
  }
  const rows = [...sums].toSorted(([, a], [, b]) => b.count - a.count)
  if (rows.length === 0) return []
  const lines = rows.slice(0, 20).map(([reason, { count, kept }]) => {
    return `  ${groupDigits(count)} × ${showForeign(reason)}${kept ? ' (kept raw)' : ' (lost)'}`
  })
  const more = rows.length - lines.length
  return [
    'Records that became no event:',
    ...lines.map(dim),
    ...(more > 0 ? [dim(`  … and ${plural(more, 'more reason')}; --json lists all of them`)] : []),
  ]
}
