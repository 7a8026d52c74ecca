import type { Finding, FindingDetail } from '../mining/finding.ts'
import { changesState } from '../transcript/tool-verbs.ts'
import { nameTool, quoteForeign } from './quoted.ts'

/** What a finding would add to a memory, or why it adds nothing. */
export type Sentence =
  | { readonly text: string; readonly rationale: string; readonly topic: string }
  | { readonly heldBack: string }

/** A fact that a tool states needs no effect, but it must have been stated often and to different people. */
const factNeeds = { sessions: 8, tasks: 3 }

export function writeSentence(finding: Finding): Sentence {
  const { detail } = finding
  switch (detail.kind) {
    case 'step_outcome':
      return writeStep(finding, detail)
    case 'error_recovery':
      return writeError(finding, detail)
    case 'user_correction':
      return writeCorrection(finding, detail)
    case 'wasted_steps':
      return writeWaste(finding, detail)
  }
}

type Detail<Kind extends FindingDetail['kind']> = Extract<FindingDetail, { kind: Kind }>

const unproven = (finding: Finding): Sentence => ({
  heldBack: `${finding.title}: grade ${finding.grade}, seen together, cause unknown; shown, not proposed.`,
})

function writeStep(finding: Finding, detail: Detail<'step_outcome'>): Sentence {
  const { effect, grade } = finding
  if (!effect || grade === 'D') return unproven(finding)
  const tool = nameTool(detail.tool)
  const compared = describeEffect(finding)
  const rationale = `${finding.title}. ${compared} This is a comparison, not an experiment: an experiment should confirm that the line helps.`
  const topic = detail.tool
  if (detail.presence === 'absent') {
    const text = `Do not leave out ${tool} where the task may need it: sessions that never call it succeed less often than others on the same task.`
    return { text, rationale, topic }
  }
  if (detail.event === 'failed') {
    const text = `When ${tool} fails, stop and check its arguments against what was looked up before going on: sessions in which it fails succeed less often than others on the same task.`
    return { text, rationale, topic }
  }
  if (changesState(detail.tool) !== true) {
    return {
      heldBack: `${finding.title}: ${tool} changes nothing by itself, so this marks sessions that are hard rather than a step to avoid.`,
    }
  }
  const text = `Before calling ${tool}, check every condition that this memory states for it: sessions that call it succeed less often than others on the same task.`
  return { text, rationale, topic }
}

function writeError(finding: Finding, detail: Detail<'error_recovery'>): Sentence {
  const { sessions, tasks } = finding.support
  const enough = sessions >= factNeeds.sessions && (tasks === 0 || tasks >= factNeeds.tasks)
  if (!enough) {
    return {
      heldBack: `${finding.title}: ${describeSupport(finding)}, at least ${factNeeds.sessions} sessions on ${factNeeds.tasks} tasks are needed.`,
    }
  }
  const quote = finding.evidence[0]
  if (!quote) return { heldBack: `${finding.title}: no quote stands for it.` }
  const [recovery] = detail.recoveries
  if (!recovery)
    return { heldBack: `${finding.title}: nothing that was tried provably recovers it.` }
  return {
    text: `${nameTool(detail.tool)} refuses calls with ${quoteForeign(quote.text)}. ${describeRecovery(recovery)}`,
    rationale: `The tool answered so in ${count(detail.occurrences, 'call')} of ${describeSupport(finding)}; ${detail.recovered} of them went on to a call that worked. What the tool states is a fact; no effect on success is claimed.`,
    topic: `${detail.tool} ${detail.template}`,
  }
}

function describeRecovery(recovery: Detail<'error_recovery'>['recoveries'][number]): string {
  const { token, recoveredWith, triedWith, recoveredWithout, triedWithout } = recovery
  const [kind, verb, path] = token.split(':')
  const what =
    kind === 'tool'
      ? `calling ${nameTool(verb ?? '')} first`
      : kind === 'args'
        ? `a call with \`${(path ?? '').slice(1)}\` ${verb}`
        : 'trying the same call again'
  return `What worked: ${what} (${recoveredWith} of ${triedWith} recovered, without it ${recoveredWithout} of ${triedWithout}).`
}

const correctionNeeds = 3

function writeCorrection(finding: Finding, detail: Detail<'user_correction'>): Sentence {
  const { sessions, principals } = finding.support
  const quote = finding.evidence.find((piece) => piece.polarity === 'supports' && piece.text !== '')
  if (sessions < correctionNeeds || principals < correctionNeeds || !quote) {
    return {
      heldBack:
        principals === 0
          ? `${finding.title}: the sources do not say which users, and one person's wish is no rule for all.`
          : `${finding.title}: ${sessions} sessions of ${principals} users, at least ${correctionNeeds} of each are needed.`,
    }
  }
  if (detail.rejectedAct === null) return unproven(finding)
  return {
    text: `Users often refuse ${nameTool(detail.rejectedAct)}; one said ${quoteForeign(quote.text)}. Say what it will do before calling it.`,
    rationale: `${count(detail.occurrences, 'refusal')} in ${count(sessions, 'session')} of ${count(principals, 'user')}. The quoted words are a user's, kept as data.`,
    topic: detail.rejectedAct,
  }
}

function writeWaste(finding: Finding, detail: Detail<'wasted_steps'>): Sentence {
  if (finding.grade === 'D' || !finding.effect || finding.effect.high >= 0) return unproven(finding)
  const tool = nameTool(detail.tool)
  const advice: Record<typeof detail.waste, string> = {
    exact_repeat: `Do not call ${tool} again with the same arguments while nothing has changed`,
    blind_retry: `Do not repeat a failed ${tool} unchanged; change what the error names`,
    loop: `Call ${tool} once; when it does not end the matter, do something else`,
    re_read: `Do not look at the same thing again with ${tool}`,
  }
  return {
    text: `${advice[detail.waste]}: sessions that do succeed less often than others on the same task.`,
    rationale: `${describeEffect(finding)} It cost ${count(detail.wastedSteps, 'step')} and about ${detail.wastedTokens} tokens.`,
    topic: detail.tool,
  }
}

/** Success rates with and without, in points, as the finding holds them. */
function describeEffect({ effect, sessionsWith, sessionsWithout }: Finding): string {
  if (!effect) return 'No outcome was known.'
  const points = (value: number) =>
    `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(Math.round(value * 100))}`
  const fixed = {
    task: 'on the same task',
    task_type: 'on the same type of task',
    nothing: 'not adjusted',
  }
  return `${points(effect.riskDifference)} points of success ${fixed[effect.adjustedFor]} (${Math.round(effect.level * 100)} % interval ${points(effect.low)} to ${points(effect.high)}; ${sessionsWith} sessions with, ${sessionsWithout} without; q = ${effect.q.toFixed(3)}).`
}

/** `8 sessions on 3 tasks`, or without the tasks where they are not known. */
export function describeSupport({ support }: Finding): string {
  const tasks = support.tasks === 0 ? '' : ` on ${count(support.tasks, 'task')}`
  return `${count(support.sessions, 'session')}${tasks}`
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`
