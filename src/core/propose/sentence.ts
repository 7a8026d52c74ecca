import type { Finding, FindingDetail } from '../mining/finding.ts'
import { changesState } from '../transcript/tool-verbs.ts'
import { count, describeEffect, describeSupport, sayRest } from './figures.ts'
import { nameTool, quoteForeign } from './quoted.ts'

/** What a finding would add to a memory, or why it adds nothing. */
export type Sentence =
  | { readonly text: string; readonly rationale: string; readonly topic: string }
  | { readonly heldBack: string }

/** A fact that a tool states needs no effect, but it must have been stated often and to different people. */
const factNeeds = { sessions: 8, tasks: 3 }

type Kind = FindingDetail['kind']
type Detail<One extends Kind> = Extract<FindingDetail, { kind: One }>

const writers: { readonly [One in Kind]: (finding: Finding, detail: Detail<One>) => Sentence } = {
  step_outcome: writeStep,
  sequence: writeSequence,
  behaviour: writeBehaviour,
  source_reliability: writeSource,
  error_recovery: writeError,
  user_correction: writeCorrection,
  wasted_steps: writeWaste,
  reference_path: writePath,
  edge_case: (finding) => ({
    heldBack: `${finding.title}: shows where to look, not what to do.`,
  }),
  rejected_output: (finding) => ({
    heldBack: `${finding.title}: what would satisfy it is not known from the transcripts.`,
  }),
  observed_fact: (finding) => ({
    heldBack: `${finding.title}: the line is corrected where it stands, or not at all.`,
  }),
}

export function writeSentence(finding: Finding): Sentence {
  const write = writers[finding.detail.kind] as (
    finding: Finding,
    detail: FindingDetail,
  ) => Sentence
  return write(finding, finding.detail)
}

const unproven = (finding: Finding): Sentence => ({
  heldBack: `${finding.title}: grade ${finding.grade}, seen together, cause unknown; shown, not proposed.`,
})

const compared = (finding: Finding) =>
  `${finding.title}. ${describeEffect(finding)} This is a comparison, not an experiment: an experiment should confirm that the line helps.`

function writeStep(finding: Finding, detail: Detail<'step_outcome'>): Sentence {
  const { effect, grade } = finding
  if (!effect || grade === 'D') return unproven(finding)
  const tool = nameTool(detail.tool)
  const rationale = compared(finding)
  const topic = detail.tool
  const others = sayRest(effect.adjustedFor)
  if (detail.presence === 'absent') {
    const text = `Do not leave out ${tool} where the task may need it: sessions that never call it succeed less often than ${others}.`
    return { text, rationale, topic }
  }
  if (detail.event === 'failed') {
    const text = `When ${tool} fails, stop and check its arguments against what was looked up before going on: sessions in which it fails succeed less often than ${others}.`
    return { text, rationale, topic }
  }
  if (effect.riskDifference > 0) {
    if (changesState(detail.tool) !== false) {
      return {
        heldBack: `${finding.title}: it may be what only some tasks need; shown, not proposed.`,
      }
    }
    const text = `Use ${tool} where the task allows it: sessions that do succeed more often than ${others}.`
    return { text, rationale, topic }
  }
  if (changesState(detail.tool) !== true) {
    return {
      heldBack: `${finding.title}: ${tool} changes nothing by itself, so this marks sessions that are hard rather than a step to avoid.`,
    }
  }
  const text = `Before calling ${tool}, check every condition that this memory states for it: sessions that call it succeed less often than ${others}.`
  return { text, rationale, topic }
}

function writeSequence(finding: Finding, { acts, presence }: Detail<'sequence'>): Sentence {
  if (!finding.effect || finding.grade === 'D') return unproven(finding)
  const others = sayRest(finding.effect.adjustedFor)
  const shown = acts.map((act) => nameTool(act)).join(', then ')
  const text =
    presence === 'absent' || finding.effect.riskDifference > 0
      ? `Where the task needs it, do ${shown}: sessions that do succeed more often than ${others}.`
      : `After ${shown}, stop and check before going on: sessions that go this way succeed less often than ${others}.`
  return { text, rationale: compared(finding), topic: acts.join(' ') }
}

const advice: Readonly<Record<Detail<'behaviour'>['behaviour'], (about: string) => string>> = {
  hands_over_unchanged: () =>
    'Do not hand over to a person before everything that can be done here was tried',
  answers_without_look_up: (tool) => `Call ${tool} before answering`,
  promises_without_call: () =>
    'Say that something is done only after the call that does it came back',
  changes_unconfirmed: (tool) => `Ask for an explicit yes before calling ${tool}`,
  states_wrong_sum: () => 'Add up amounts step by step and check the total before stating it',
  stops_early: () => 'Leave room to finish: settle what was asked before looking further',
}

function writeBehaviour(finding: Finding, { behaviour, about }: Detail<'behaviour'>): Sentence {
  const { effect, grade } = finding
  if (!effect || grade === 'D') return unproven(finding)
  if (effect.riskDifference >= 0) {
    return { heldBack: `${finding.title}: it goes with success, so there is nothing to avoid.` }
  }
  const text = `${advice[behaviour](nameTool(about ?? ''))}: sessions that do otherwise succeed less often than ${sayRest(effect.adjustedFor)}.`
  return { text, rationale: compared(finding), topic: about ?? behaviour }
}

function writeSource(finding: Finding, { source }: Detail<'source_reliability'>): Sentence {
  const { effect, grade } = finding
  if (!effect || grade === 'D') return unproven(finding)
  const name = nameTool(source)
  const text =
    effect.riskDifference > 0
      ? `Read ${name} for this: sessions that do succeed more often than ${sayRest(effect.adjustedFor)}.`
      : `Check what ${name} says against another source: sessions that rely on it succeed less often than ${sayRest(effect.adjustedFor)}.`
  return { text, rationale: compared(finding), topic: source }
}

const pathNeeds = 8

function writePath(finding: Finding, detail: Detail<'reference_path'>): Sentence {
  const { calls, inOrder, following, successes, variants } = detail
  if (following < pathNeeds || finding.taskType === null) {
    return {
      heldBack: `${finding.title}: ${following} sessions, at least ${pathNeeds} are needed.`,
    }
  }
  const shown = calls.map(nameTool).join(inOrder ? ', then ' : ', ')
  const text = inOrder
    ? `The way that works most: ${shown}.`
    : `Calls that nearly every successful session makes: ${shown}.`
  return {
    text,
    rationale: `${following} of ${count(successes, 'successful session')} did so, of ${count(variants, 'different way')}. It describes what worked; that it works because of this is not claimed.`,
    topic: `steps ${finding.taskType}`,
  }
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
        ? `a call with ${nameTool((path ?? '').slice(1))} ${verb}`
        : 'trying the same call again'
  return `What worked: ${what} (${recoveredWith} of ${triedWith} recovered, without it ${recoveredWithout} of ${triedWithout}).`
}

const correctionNeeds = 3

function writeCorrection(finding: Finding, detail: Detail<'user_correction'>): Sentence {
  const { sessions, principals } = finding.support
  const quote = finding.evidence.find((piece) => piece.polarity === 'supports' && piece.text !== '')
  if (sessions < correctionNeeds || detail.scope === 'principal' || !quote) {
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

const wasteAdvice: Readonly<
  Record<Detail<'wasted_steps'>['waste'], ((tool: string) => string) | null>
> = {
  exact_repeat: (tool) =>
    `Do not call ${tool} again with the same arguments while nothing has changed`,
  blind_retry: (tool) => `Do not repeat a failed ${tool} unchanged; change what the error names`,
  loop: (tool) => `Call ${tool} once; when it does not end the matter, do something else`,
  re_read: (tool) => `Do not look at the same thing again with ${tool}`,
  // Weak signs: whether a result was of use cannot be told from its words alone.
  unused_output: null,
  over_fetch: null,
}

function writeWaste(finding: Finding, detail: Detail<'wasted_steps'>): Sentence {
  const { effect, grade } = finding
  const say = wasteAdvice[detail.waste]
  if (grade === 'D' || !effect || effect.high >= 0 || !say) return unproven(finding)
  return {
    text: `${say(nameTool(detail.tool))}: sessions that do succeed less often than ${sayRest(effect.adjustedFor)}.`,
    rationale: `${describeEffect(finding)} It cost ${count(detail.wastedSteps, 'step')} and about ${detail.wastedTokens} tokens.`,
    topic: detail.tool,
  }
}
