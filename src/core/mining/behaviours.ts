import type { Step, Trace } from '../transcript/trace.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { Case } from './case.ts'
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
  const groups = new Map<string, { members: number[]; sightings: Sighting[]; first: Shown }>()
  cases.forEach((one, index) => {
    const wanted = usual.get(types.of[index] ?? '') ?? []
    for (const shown of watch(one, wanted)) {
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
      .filter(([, { members }]) => isComparable(population, members))
      .map(([key, group]) => toCandidate(population, key, group)),
    silences: [],
  }
}

function watch(one: Case, usual: readonly string[]): Shown[] {
  const { trace } = one
  return [
    ...watchHandOver(trace),
    ...watchLookUps(trace, usual),
    ...watchPromises(trace),
    ...watchConfirmations(trace),
    ...watchStop(trace),
    ...trace.sayings.flatMap(({ wrongSum }, index) =>
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

/** Given to a person before anything was changed. */
function watchHandOver({ steps, sayings }: Trace): Shown[] {
  const changed = steps.find(
    ({ changesState, status, tool }) =>
      changesState === true && status === 'ok' && !handingTool.test(tool),
  )
  const call = steps.find(({ tool }) => handingTool.test(tool))
  if (call && (!changed || changed.at > call.at)) {
    return [show('hands_over_unchanged', call.tool, { of: 'call', index: call.index })]
  }
  const said = sayings.findIndex(({ handsOver }) => handsOver)
  const saying = sayings[said]
  if (call || !saying || (changed && changed.at < saying.at)) return []
  return [show('hands_over_unchanged', null, { of: 'saying', index: said })]
}

/** Ended without a look-up that most successful sessions of the same type make. */
function watchLookUps({ steps, sayings }: Trace, usual: readonly string[]): Shown[] {
  const called = new Set(steps.map(({ act }) => act))
  const last = sayings.length - 1
  const sighting: Shown['sighting'] | null =
    last >= 0
      ? { of: 'saying', index: last }
      : steps.length > 0
        ? { of: 'call', index: steps.length - 1 }
        : null
  if (!sighting) return []
  return usual
    .filter((tool) => !called.has(tool))
    .map((tool) => show('answers_without_look_up', tool, sighting))
}

/** Says that a change is done or will be done now, and no call that changes anything goes with it. */
function watchPromises({ steps, sayings }: Trace): Shown[] {
  return sayings.flatMap(({ promises }, index) =>
    promises
      .filter((verb) => !steps.some((step) => step.status === 'ok' && keeps(step, verb)))
      .map((verb) => show('promises_without_call', verb, { of: 'saying', index })),
  )
}

/** A call keeps a promise when its name has the verb, or when it changes something in its own words. */
function keeps({ tool, changesState }: Step, verb: string): boolean {
  return (
    changesState !== false &&
    (tool.toLowerCase().includes(verb) || alike[verb]?.test(tool) === true)
  )
}

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
function watchConfirmations({ steps, turns, sayings }: Trace): Shown[] {
  // Where agents never ask, asking is no custom of the place and its absence says nothing.
  if (!sayings.some(({ asks }) => asks)) return []
  const first = steps.find(
    ({ changesState, tool, status }) =>
      changesState === true && status === 'ok' && !handingTool.test(tool),
  )
  if (!first || turns.some(({ at, agrees }) => agrees && at < first.at)) return []
  return [show('changes_unconfirmed', first.tool, { of: 'call', index: first.index })]
}

const early = /max_steps|too_many|limit|length|error|exhausted|timeout|budget/i

function watchStop({ stopReason, steps }: Trace): Shown[] {
  if (stopReason === null || !early.test(stopReason) || steps.length === 0) return []
  return [show('stops_early', stopReason, { of: 'call', index: steps.length - 1 })]
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
