import { statusError, statusMask } from '../transcript/step-columns.ts'
import type { Candidate, Judged, Patterns } from './candidate.ts'
import { cite, type Sighting } from './cite.ts'
import type { Members } from './contrast.ts'
import { isComparable, MemberSets } from './member-sets.ts'
import type { Population } from './population.ts'
import { sayOthers } from './wording.ts'

/**
 * Steps whose presence or absence goes with the outcome: for every tool, whether a session used it, and
 * whether a call of it failed.
 */
export function mineStepOutcomes(population: Population): Patterns {
  const { cases, lexicon } = population
  const gathered = new MemberSets()
  cases.forEach(({ steps: { columns, from, to } }, index) => {
    for (let at = from; at < to; at += 1) {
      const act = columns.act[at] as number
      gathered.add(2 * act, index)
      if (isError(columns.flags[at] as number)) gathered.add(2 * act + 1, index)
    }
  })
  const features = gathered.list(
    (feature) =>
      `${feature % 2 === 1 ? 'failed' : 'called'}\0${lexicon.textOf(Math.floor(feature / 2))}`,
  )
  return {
    kind: 'step_outcome',
    considered: features.length,
    tested: true,
    candidates: features
      .filter(([, members]) => isComparable(cases.length, members.length))
      .map(([name, members]) => toCandidate(population, name, members)),
    silences: [],
  }
}

const isError = (flags: number) => (flags & statusMask) === statusError

type Event = 'called' | 'failed'

function toCandidate(population: Population, name: string, members: Members): Candidate {
  const [event, tool] = name.split('\0') as [Event, string]
  return {
    members,
    standing: 'compared',
    name: `\`${tool}\` ${event}`,
    describe: (judged) => describe(population, { event, tool, members }, judged),
  }
}

/** Worded as the side that fails more: its presence, or its absence. */
function describe(
  population: Population,
  { event, tool, members }: { event: Event; tool: string; members: Members },
  { effect }: Judged,
) {
  const harmful = (effect?.riskDifference ?? 0) < 0
  // "Never calls it" is worth saying where most do; else it is the few that call it who stand out.
  const absent = !harmful && event === 'called' && members.length * 2 > population.cases.length
  return {
    key: `step_outcome:${tool}:${event}`,
    title: entitle(tool, event, { harmful, absent, others: sayOthers(population) }),
    detail: {
      kind: 'step_outcome',
      tool,
      event,
      presence: absent ? 'absent' : 'present',
    } as const,
    citations: cite(sight(population, { event, tool, members, harmful })),
    absent,
  }
}

function entitle(
  tool: string,
  event: Event,
  { harmful, absent, others }: { harmful: boolean; absent: boolean; others: string },
): string {
  if (event === 'failed') {
    return `Sessions in which a call of \`${tool}\` fails end ${harmful ? 'badly' : 'well'} more often than ${others}`
  }
  if (absent) return `Sessions that never call \`${tool}\` fail more often than ${others}`
  return `Sessions that call \`${tool}\` ${harmful ? 'fail' : 'succeed'} more often than ${others}`
}

/** Calls in sessions that came out as the finding says, and calls in sessions that did not. */
function sight(
  { cases, lexicon }: Population,
  given: { event: Event; tool: string; members: Members; harmful: boolean },
): { supports: Sighting[]; contradicts: Sighting[] } {
  const { event, tool, members, harmful } = given
  const act = lexicon.find(tool)
  const sightings = members.flatMap((index): Sighting[] => {
    const one = cases[index]
    if (!one || one.success === null) return []
    const { columns, from, to } = one.steps
    for (let at = from; at < to; at += 1) {
      const failed = isError(columns.flags[at] as number)
      if (columns.act[at] !== act || (event === 'failed' && !failed)) continue
      return [{ one, of: failed ? 'error' : 'call', index: at - from }]
    }
    return []
  })
  return {
    supports: sightings.filter(({ one }) => one.success === !harmful),
    contradicts: sightings.filter(({ one }) => one.success === harmful),
  }
}
