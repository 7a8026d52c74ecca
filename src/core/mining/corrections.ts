import type { StepSpan } from '../transcript/step-columns.ts'
import type { Turn } from '../transcript/trace.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { LaidOutCase } from './case.ts'
import { cite, type Sighting } from './cite.ts'
import type { Population } from './population.ts'

export interface Correction {
  readonly turn: Turn
  readonly index: number
  /** The tool that was rejected, or null when it was something said. */
  readonly rejectedAct: string | null
  readonly strength: 'correction' | 'weak'
}

type Place = Correction & { readonly one: LaidOutCase; readonly member: number }

const fewestSessions = 2
/** One person's wish becomes a team's when this many share it. */
const teamFrom = 3

/**
 * Turns in which users take back or refuse what the agent did, by the act that was rejected: for everybody,
 * and for each person who corrects the same act in two sessions or more.
 */
export function mineCorrections(population: Population): Patterns {
  const places = population.cases.flatMap((one, member) =>
    findCorrections(one).map((found): Place => ({ ...found, one, member })),
  )
  const strong = places.filter(({ strength }) => strength === 'correction')
  const byAct = [...Map.groupBy(strong, ({ rejectedAct }) => rejectedAct ?? '')].toSorted(
    ([a], [b]) => (a < b ? -1 : 1),
  )
  const weak = places.length - strong.length
  return {
    kind: 'user_correction',
    considered: places.length,
    tested: true,
    candidates: byAct
      .map(([, group]) => ({ group, members: membersOf(group) }))
      .filter(({ members }) => members.length >= fewestSessions)
      .map(({ group, members }) => toCandidate(group, members)),
    silences:
      weak === 0
        ? []
        : [`${weak} user turns look like weak corrections; they are counted, not reported.`],
  }
}

/** Turns that score 2 and more; the scores are the digest's (spec B.7). */
export function findCorrections({ trace, steps }: LaidOutCase): Correction[] {
  return trace.turns.flatMap((turn, index) => {
    if (turn.score < 2) return []
    const rejectedAct = turn.kind === 'message' ? null : actOf(steps, turn.afterStep)
    return [{ turn, index, rejectedAct, strength: turn.score >= 3 ? 'correction' : 'weak' }]
  })
}

/** Null before the first step. */
function actOf({ columns, from, to }: StepSpan, index: number): string | null {
  if (index < 0 || from + index >= to) return null
  return columns.lexicon.textOf(columns.act[from + index] as number)
}

const membersOf = (group: readonly Place[]) => [...new Set(group.map(({ member }) => member))]

function toCandidate(group: readonly Place[], members: readonly number[]): Candidate {
  const rejectedAct = group[0]?.rejectedAct ?? null
  const people = new Set(group.flatMap(({ one }) => one.trace.principal ?? []))
  const title =
    rejectedAct === null
      ? 'Users correct what the agent said or did'
      : `Users refuse or correct calls of \`${rejectedAct}\``
  return {
    members,
    standing: 'counted',
    name: title,
    describe: () => ({
      key: `user_correction:${rejectedAct ?? ''}`,
      title,
      detail: {
        kind: 'user_correction',
        rejectedAct,
        scope: people.size >= teamFrom ? 'team' : 'principal',
        occurrences: group.length,
      },
      citations: cite({ supports: group.map(sight) }),
    }),
  }
}

const sight = ({ one, index }: Place): Sighting => ({ one, of: 'turn', index })
