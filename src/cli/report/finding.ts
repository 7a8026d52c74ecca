import type { Effect, Finding, FindingDetail } from '../../core/mining/finding.ts'
import type { StoredFinding } from '../../storage/findings.ts'
import { type Colours, plural, showForeign, wrapText } from '../text.ts'

export interface Style {
  readonly colours: Colours
  readonly columns: number
}

/** A finding as a careful colleague would note it: claim, numbers, quotes. */
export function renderFinding(stored: StoredFinding, style: Style, quotes: number): string[] {
  const { finding, id } = stored
  const { colours, columns } = style
  const grade = finding.grade === 'D' ? colours.dim : colours.green
  const wrap = (text: string, first: string, rest = ' '.repeat(first.length)) =>
    wrapText(text, { columns, first, rest })
  const [title, ...more] = wrap(showForeign(finding.title), `${finding.grade}  `)
  return [
    `${grade(colours.bold((title ?? '').slice(0, 1)))}${colours.bold((title ?? '').slice(1))}`,
    ...more.map(colours.bold),
    ...wrap(describeNumbers(finding), '   '),
    ...wrap(describeDetail(finding.detail), '   '),
    ...finding.evidence.slice(0, quotes).flatMap((piece) =>
      wrap(showForeign(piece.text), piece.polarity === 'supports' ? '   │ ' : '   ≠ ', '   │ ')
        .concat(`   └ ${piece.sessionId} ${piece.eventId}`)
        .map(colours.dim),
    ),
    colours.dim(`   ${id}`),
  ].filter((line) => line.trim() !== '')
}

function describeNumbers({ effect, sessionsWith, sessionsWithout, support }: Finding): string {
  const tasks = support.tasks === 0 ? '' : `; ${plural(support.tasks, 'task')}`
  const seen = `${plural(sessionsWith, 'session')} with, ${sessionsWithout} without${tasks}.`
  if (!effect) return `${seen} No comparison with success was possible.`
  const interval = `${Math.round(effect.level * 100)} % interval ${points(effect.low)} to ${points(effect.high)}`
  const agents =
    effect.agentAdjusted === null
      ? ''
      : `, ${points(effect.agentAdjusted.riskDifference)} with the agent held fixed as well`
  return `${seen} Success ${points(effect.riskDifference)} points ${fixed[effect.adjustedFor]}${agents} (${interval}; p = ${small(effect.p)}, q = ${small(effect.q)}). ${describeDoubt(effect)}`
}

/** What speaks for and against taking the effect at its word. */
function describeDoubt(effect: Effect): string {
  const { across, shrunk, replication, eValue, unadjusted } = effect
  const tasks =
    across === null || effect.adjustedFor === 'nothing'
      ? ''
      : `${across.agree} of ${plural(across.strata, strataNames[effect.adjustedFor])} go the same way. `
  const again =
    replication.riskDifference === null
      ? 'The part held back cannot tell'
      : `On the ${replication.by === 'time' ? 'later sessions' : 'tasks'} held back ${points(replication.riskDifference)}`
  const unseen =
    eValue > 1
      ? ` To explain it away, something unseen would have to make a ${eValue.toFixed(1)}-fold difference.`
      : ''
  return `${tasks}${again}; expect about ${points(shrunk)} next time.${unseen} Without adjusting it would look like ${points(unadjusted.riskDifference)} (p = ${small(unadjusted.p)}).`
}

const strataNames = {
  task: 'task',
  task_type: 'type of task',
  task_cluster: 'kind of request',
} as const

const fixed: Readonly<Record<Effect['adjustedFor'], string>> = {
  task: 'on the same task',
  task_type: 'on the same type of task',
  task_cluster: 'among similar requests',
  nothing: 'with nothing held fixed',
}

function describeDetail(detail: FindingDetail): string {
  switch (detail.kind) {
    case 'error_recovery': {
      const best = detail.recoveries[0]
      const recovery = best
        ? ` What went with recovering: ${best.token} (${best.recoveredWith} of ${best.triedWith}; without it ${best.recoveredWithout} of ${best.triedWithout}).`
        : ' Nothing that was tried recovers it provably.'
      return `${plural(detail.occurrences, 'occurrence')}, ${detail.recovered} recovered within 12 steps.${recovery}`
    }
    case 'wasted_steps':
      return `${plural(detail.wastedSteps, 'step')} in ${plural(detail.occurrences, 'place')} brought nothing new (about ${plural(detail.wastedTokens, 'token')} of results).`
    case 'user_correction':
      return `${plural(detail.occurrences, 'correction')}.`
    case 'reference_path':
      return `${detail.calls.join(detail.inOrder ? ' → ' : ', ')}: ${detail.following} of ${plural(detail.successes, 'successful session')}, in ${plural(detail.variants, 'different way')} altogether.`
    case 'source_reliability':
      return `${detail.successes} of ${plural(detail.uses, 'session')} that used it succeeded; taking into account how few they are, ${percent(detail.median)} (80 % interval ${percent(detail.low)} to ${percent(detail.high)}).`
    case 'edge_case':
      return `${detail.failures} of ${plural(detail.sessions, 'session')} failed: at least ${percent(detail.failureLow)}, where all sessions fail in at most ${percent(detail.overallHigh)} (bounds of 90 % intervals).`
    case 'rejected_output':
      return `Rejected ${detail.rejected} of ${plural(detail.judged, 'judged session')}${detail.mostAfter === null ? '' : `, most after \`${detail.mostAfter}\``}.`
    case 'observed_fact':
      return `${detail.path} says: ${detail.line}`
    case 'sequence':
    case 'behaviour':
    case 'step_outcome':
      return ''
  }
}

const percent = (share: number) => `${Math.round(share * 100)} %`

const points = (value: number) =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(Math.round(value * 100))}`
const small = (value: number) => (value < 0.001 ? value.toExponential(1) : value.toFixed(3))
