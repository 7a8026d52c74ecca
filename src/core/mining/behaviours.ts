import {
  changesMask,
  changesNothing,
  changesSomething,
  statusMask,
  statusOk,
} from '../transcript/step-columns.ts'
import type { Trace } from '../transcript/trace.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { LaidOutCase } from './case.ts'
import { cite, type Sighting } from './cite.ts'
import type { Behaviour } from './finding.ts'
import { isComparable } from './member-sets.ts'
import type { Population } from './population.ts'
import { findUsualLookUps } from './task-path.ts'
import { sayOthers } from './wording.ts'

interface Shown {
  readonly behaviour: Behaviour
  readonly about: string | null
  readonly sighting: Pick<Sighting, 'of' | 'index'>
}

/** What agents do or fail to do that no tool error tells of, against the outcome. */
export function mineBehaviours(population: Population): Patterns {
  const { cases, types } = population
  const usual = findUsualLookUps(population)
  const tools = new Tools(population)
  const groups = new Map<string, { members: number[]; sightings: Sighting[]; first: Shown }>()
  cases.forEach((one, index) => {
    const wanted = usual.get(types.of[index] ?? '') ?? []
    for (const shown of watch(one, wanted, tools)) {
      const key = `${shown.behaviour}:${shown.about ?? ''}`
      const group = groups.get(key) ?? { members: [], sightings: [], first: shown }
      groups.set(key, group)
      if (group.members.at(-1) === index) continue
      group.members.push(index)
      group.sightings.push({ one, ...shown.sighting })
    }
  })
  const sorted = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    kind: 'behaviour',
    considered: sorted.length,
    tested: true,
    candidates: sorted
      .filter(([, { members }]) => isComparable(cases.length, members.length))
      .map(([key, group]) => toCandidate(population, key, group)),
    silences: [],
  }
}

function watch(one: LaidOutCase, usual: readonly number[], tools: Tools): Shown[] {
  return [
    ...watchHandOver(one, tools),
    ...watchLookUps(one, usual, tools),
    ...watchPromises(one, tools),
    ...watchConfirmations(one, tools),
    ...watchStop(one),
    ...one.trace.sayings.flatMap(({ wrongSum }, index) =>
      wrongSum ? [show('states_wrong_sum', null, { of: 'saying', index })] : [],
    ),
  ]
}

const show = (behaviour: Behaviour, about: string | null, sighting: Shown['sighting']): Shown => ({
  behaviour,
  about,
  sighting,
})

const handingTool = /(?:transfer|hand_?over|escalate).*(?:human|agent|person|support)|^escalate/i

/** What is known of tools and acts by their numbers, looked at once each. */
class Tools {
  readonly lexicon: Population['lexicon']
  readonly #handing: boolean[] = []
  readonly #calledIn: Int32Array
  #session = 0

  constructor({ lexicon }: Population) {
    this.lexicon = lexicon
    this.#calledIn = new Int32Array(lexicon.texts.length)
  }

  isHanding(tool: number): boolean {
    this.#handing[tool] ??= handingTool.test(this.lexicon.textOf(tool))
    return this.#handing[tool] as boolean
  }

  /** Of the acts those that the session never calls. */
  keepUncalled({ steps: { columns, from, to } }: LaidOutCase, acts: readonly number[]): number[] {
    this.#session += 1
    for (let at = from; at < to; at += 1) this.#calledIn[columns.act[at] as number] = this.#session
    return acts.filter((act) => this.#calledIn[act] !== this.#session)
  }

  /** Index of the first call that changed something and gave nothing away; -1 without one. */
  findChange({ steps: { columns, from, to } }: LaidOutCase): number {
    for (let at = from; at < to; at += 1) {
      const flags = columns.flags[at] as number
      const changed = (flags & changesMask) === changesSomething
      if (
        changed &&
        (flags & statusMask) === statusOk &&
        !this.isHanding(columns.tool[at] as number)
      )
        return at - from
    }
    return -1
  }

  findHandOver({ steps: { columns, from, to } }: LaidOutCase): number {
    for (let at = from; at < to; at += 1)
      if (this.isHanding(columns.tool[at] as number)) return at - from
    return -1
  }
}

const seqOf = ({ steps: { columns, from } }: LaidOutCase, index: number) =>
  columns.at[from + index] as number
const toolOf = ({ steps: { columns, from } }: LaidOutCase, index: number) =>
  columns.lexicon.textOf(columns.tool[from + index] as number)

/** Given to a person before anything was changed. */
function watchHandOver(one: LaidOutCase, tools: Tools): Shown[] {
  const call = tools.findHandOver(one)
  const said = one.trace.sayings.findIndex(({ handsOver }) => handsOver)
  const saying = one.trace.sayings[said]
  if (call === -1 && !saying) return []
  const change = tools.findChange(one)
  const changed = change === -1 ? null : seqOf(one, change)
  if (call !== -1 && (changed === null || changed > seqOf(one, call))) {
    return [show('hands_over_unchanged', toolOf(one, call), { of: 'call', index: call })]
  }
  if (call !== -1 || !saying || (changed !== null && changed < saying.at)) return []
  return [show('hands_over_unchanged', null, { of: 'saying', index: said })]
}

/** Ended without a look-up that most successful sessions of the same type make. */
function watchLookUps(one: LaidOutCase, usual: readonly number[], tools: Tools): Shown[] {
  if (usual.length === 0) return []
  const last = one.trace.sayings.length - 1
  const steps = one.steps.to - one.steps.from
  if (last < 0 && steps === 0) return []
  const sighting: Shown['sighting'] =
    last >= 0 ? { of: 'saying', index: last } : { of: 'call', index: steps - 1 }
  return tools
    .keepUncalled(one, usual)
    .map((act) => show('answers_without_look_up', tools.lexicon.textOf(act), sighting))
}

/** Says that a change is done or will be done now, and no call that changes anything goes with it. */
function watchPromises(one: LaidOutCase, { lexicon }: Tools): Shown[] {
  const { columns, from, to } = one.steps
  const isKept = (verb: string) => {
    for (let at = from; at < to; at += 1) {
      const flags = columns.flags[at] as number
      const mayChange = (flags & changesMask) !== changesNothing
      if ((flags & statusMask) !== statusOk || !mayChange) continue
      if (keeps(lexicon.textOf(columns.tool[at] as number), verb)) return true
    }
    return false
  }
  return one.trace.sayings.flatMap(({ promises }, index) =>
    promises
      .filter((verb) => !isKept(verb))
      .map((verb) => show('promises_without_call', verb, { of: 'saying', index })),
  )
}

/** A call keeps a promise when its name has the verb, or when it changes something in its own words. */
const keeps = (tool: string, verb: string): boolean =>
  tool.toLowerCase().includes(verb) || alike[verb]?.test(tool) === true

const alike: Readonly<Record<string, RegExp>> = {
  change: /update|modify|set|edit|exchange|write/i,
  update: /change|modify|set|edit|write/i,
  modify: /update|change|set|edit|write/i,
  refund: /cancel|return|send|certificate/i,
  issue: /send|certificate|refund|create/i,
  process: /./,
  add: /update|set|insert|create|write|edit/i,
  remove: /delete|update|set|edit|cancel/i,
  book: /create|reserve/i,
  enable: /toggle|set|turn/i,
  disable: /toggle|set|turn/i,
}

/** Changes something while the user has agreed to nothing since the last thing they asked. */
function watchConfirmations(one: LaidOutCase, tools: Tools): Shown[] {
  const { sayings, turns }: Trace = one.trace
  // Where agents never ask, asking is no custom of the place and its absence says nothing.
  if (!sayings.some(({ asks }) => asks)) return []
  const first = tools.findChange(one)
  if (first === -1 || turns.some(({ at, agrees }) => agrees && at < seqOf(one, first))) return []
  return [show('changes_unconfirmed', toolOf(one, first), { of: 'call', index: first })]
}

const early = /max_steps|too_many|limit|length|error|exhausted|timeout|budget/i

function watchStop({ trace: { stopReason }, steps: { from, to } }: LaidOutCase): Shown[] {
  if (stopReason === null || !early.test(stopReason) || from === to) return []
  return [show('stops_early', stopReason, { of: 'call', index: to - from - 1 })]
}

const titles: Readonly<Record<Behaviour, (about: string) => string>> = {
  hands_over_unchanged: () => 'hand over to a person before anything was changed',
  answers_without_look_up: (tool) =>
    `end without \`${tool}\`, which most successful sessions call,`,
  promises_without_call: (verb) => `say “${verb}” is done and make no call that does it`,
  changes_unconfirmed: (tool) => `call \`${tool}\` before the user agreed`,
  states_wrong_sum: () => 'state a sum that does not add up',
  stops_early: (reason) => `are stopped by \`${reason}\``,
}

function toCandidate(
  population: Population,
  key: string,
  group: { members: number[]; sightings: Sighting[]; first: Shown },
): Candidate {
  const { behaviour, about } = group.first
  const doing = titles[behaviour](about ?? '')
  return {
    members: group.members,
    standing: 'compared',
    name: `sessions that ${doing}`,
    describe: ({ effect }) => {
      const harmful = (effect?.riskDifference ?? 0) < 0
      return {
        key: `behaviour:${key}`,
        title: `Sessions that ${doing} ${harmful ? 'fail' : 'succeed'} more often than ${sayOthers(population)}`,
        detail: { kind: 'behaviour', behaviour, about },
        citations: cite({
          supports: group.sightings.filter(({ one }) => one.success === !harmful),
          contradicts: group.sightings.filter(({ one }) => one.success === harmful),
        }),
      }
    },
  }
}
