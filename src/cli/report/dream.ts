import type { DreamReport } from '../../core/present/dream-report.ts'
import type { StoredChange } from '../../storage/changes.ts'
import type { StoredFinding } from '../../storage/findings.ts'
import { groupDigits, layTable, plural, showForeign, wrapText } from '../text.ts'
import { renderChange } from './change.ts'
import { renderFinding, type Style } from './finding.ts'

export interface DreamView {
  readonly report: DreamReport
  readonly findings: readonly StoredFinding[]
  readonly changes: readonly StoredChange[]
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[]
  readonly writtenTo: string | null
  /** Flags that the commands to type next need, such as `--data DIR `. */
  readonly flags: string
}

const shownFindings = 10
const shownHeldBack = 8

/** The whole report, most important first. */
export function renderDream(view: DreamView, style: Style): string[] {
  return [
    ...renderRead(view, style),
    ...renderFindings(view, style),
    ...renderReconciliation(view, style),
    ...renderChanges(view, style),
    ...renderHeldBack(view, style),
    ...renderTests(view, style),
    ...renderNext(view, style),
  ]
}

const title = (text: string, { colours }: Style) => ['', colours.bold(colours.underline(text)), '']

const paragraph = (
  text: string,
  { columns }: Style,
  [first, rest]: readonly [string, string] = ['', ''],
) => wrapText(showForeign(text), { columns, first, rest })

function renderRead({ report, leftOut }: DreamView, style: Style): string[] {
  const { read } = report
  const types = read.taskTypes.length === 0 ? '' : ` (${read.taskTypes.join(', ')})`
  return [
    ...title('What was read', style),
    ...paragraph(
      `${plural(read.sessions, 'session')} of ${plural(read.agents, 'agent')} on ${plural(read.tasks, 'task')}${types}, ${plural(read.steps, 'step')}: ${groupDigits(read.succeeded)} succeeded, ${groupDigits(read.failed)} failed, ${groupDigits(read.undecided)} undecided. Memory: ${plural(read.memories, 'document')} with ${plural(read.items, 'item')}.`,
      style,
    ),
    ...leftOut.flatMap(({ path, reason }) =>
      paragraph(`not read: ${path}: ${reason}`, style, ['  ', '    ']),
    ),
  ]
}

function renderFindings({ report, findings, flags }: DreamView, style: Style): string[] {
  if (findings.length === 0) {
    return [...title('Findings', style), 'None.', ...renderSilences(report, style)]
  }
  const shown = findings.slice(0, shownFindings)
  const more = findings.length - shown.length
  return [
    ...title(`Findings (${findings.length})`, style),
    ...paragraph(
      'Grade B: compared on the same task. C: same type of task, replicated. D: seen together, cause unknown. None of them is an experiment.',
      style,
    ),
    ...paragraph(describeComparison(report), style),
    '',
    ...shown.flatMap((finding) => [
      ...renderFinding(finding, style, finding.finding.grade === 'D' ? 1 : 2),
      '',
    ]),
    ...(more > 0 ? [`… and ${more} more: npm run lucidream -- findings${flags}`] : []),
    ...renderSilences(report, style),
  ]
}

/** What was held fixed, and how much of what meets the eye that explains. */
function describeComparison({ comparedBy, families }: DreamReport): string {
  const { adjustedFor, taskTypesFrom, agents, agentAdjusted } = comparedBy
  const fixed = {
    task: 'Sessions were compared with others on the same task',
    task_type:
      'Sessions were compared with others on the same type of task, as the source names it',
    task_cluster: 'Sessions were compared with others whose request has similar words',
    nothing: 'Nothing could be held fixed in the comparisons',
  }[adjustedFor]
  const workers =
    agents < 2
      ? ', all by one agent'
      : agentAdjusted
        ? `, with the ${agents} agents held fixed as well`
        : `; ${agents} agents (by model and version) worked, whose differences could not be told apart`
  const types = taskTypesFrom === 'clusters' ? ' Types of task are clusters of requests.' : ''
  const naive = families.reduce((sum, family) => sum + family.unadjustedSignificant, 0)
  const away = families.reduce((sum, family) => sum + family.explainedAway, 0)
  const explained =
    naive === 0
      ? ''
      : adjustedFor === 'nothing'
        ? ` ${plural(naive, 'pattern')} look significant by themselves; ${away} of them do not stand when all are judged together.`
        : ` Without that, ${plural(naive, 'pattern')} would look significant; ${away} of them are explained by which task or agent it was, or by chance.`
  return `${fixed}${workers}.${types}${explained}`
}

const renderSilences = ({ silences }: DreamReport, style: Style) =>
  silences.flatMap((silence) => paragraph(silence, style))

function renderReconciliation({ report }: DreamView, style: Style): string[] {
  const { duplicates, supersessions, conflicts, stale, notAnalysable } = report.reconciliation
  return [
    ...title('The memory as it is', style),
    ...paragraph(
      `${plural(duplicates, 'group')} of duplicates, ${plural(supersessions, 'line')} that newer lines take the place of, ${plural(conflicts.length, 'contradiction')} flagged; which side is right is for a person to say.`,
      style,
    ),
    ...conflicts.flatMap(({ reason, first, second }) => [
      '',
      ...paragraph(reason, style, ['  ! ', '    ']),
      ...[first, second].flatMap((place) =>
        paragraph(`${place.path}:${place.line}  ${place.text}`, style, ['    ', '      ']),
      ),
    ]),
    ...stale.flatMap((place) => [
      '',
      ...paragraph(`said to hold since ${place.since}; is it still so?`, style, ['  ? ', '    ']),
      ...paragraph(`${place.path}:${place.line}  ${place.text}`, style, ['    ', '      ']),
    ]),
    ...notAnalysable.flatMap((note) => paragraph(note, style)),
  ]
}

function renderChanges({ changes }: DreamView, style: Style): string[] {
  if (changes.length === 0) return []
  return [
    ...title(`Proposed changes (${changes.length})`, style),
    ...changes.flatMap((change) => [...renderChange(change, style), '']),
  ]
}

function renderHeldBack({ report, changes, flags }: DreamView, style: Style): string[] {
  const { heldBack } = report
  if (heldBack.length === 0) return []
  const more = heldBack.length - shownHeldBack
  return [
    ...title(changes.length === 0 ? 'Nothing to propose, because' : 'Held back', style),
    ...heldBack.slice(0, shownHeldBack).flatMap((line) => paragraph(line, style, ['  · ', '    '])),
    ...(more > 0 ? [`  … and ${more} more: npm run lucidream -- changes --json${flags}`] : []),
  ]
}

function renderTests({ report }: DreamView, style: Style): string[] {
  return [
    ...title('What was tested', style),
    ...layTable([
      ['kind of pattern', 'considered', 'testable', 'found', 'unadjusted', 'level'],
      ...report.families.map((family) => [
        family.kind,
        family.considered,
        family.testable,
        family.found,
        family.unadjustedSignificant,
        family.testable === 0 ? '–' : family.level.toFixed(3),
      ]),
    ]),
    '',
    ...paragraph(
      'unadjusted: how many would be called significant if nothing were held fixed. level: false discovery rate allowed inside the kind; 0 where the kind as a whole shows no more than chance.',
      style,
    ),
  ]
}

function renderNext({ report, changes, writtenTo, flags }: DreamView, style: Style): string[] {
  const first = changes[0]
  const where =
    writtenTo === null
      ? ['Nothing was written: there is nothing to propose.']
      : [`The proposal is in ${writtenTo} (changes.patch, and memory/ as it would be).`]
  const commands = [
    `npm run lucidream -- findings${flags}`,
    ...(first ? [`npm run lucidream -- changes show ${first.id.slice(0, 12)}${flags}`] : []),
    `npm run lucidream -- memory diff${flags}`,
    ...(writtenTo === null ? [] : [`patch -d YOUR_MEMORY_FOLDER -p1 < ${writtenTo}/changes.patch`]),
  ]
  return [
    ...title('What next', style),
    ...where.flatMap((line) => paragraph(line, style)),
    ...paragraph(`Dream ${report.dreamId}. The memory that was read is untouched.`, style),
    '',
    ...commands.map((command) => `  ${command}`),
  ]
}
