import type { Deadlines } from '../core/experiment/plan.ts'
import { deadlineFrom, type OutcomeDefinition } from '../core/outcome/definition.ts'
import { decideGoal } from '../core/outcome/goal.ts'
import type { Reader } from './database.ts'
import { listGoalSignals, listPastDelays } from './goal-signals.ts'
import { findOutcomeDefinition } from './outcome-definitions.ts'
import { listSessions } from './sessions.ts'

/** A goal by its name: what decides it now, and for how long an outcome is waited for. */
export interface OpenGoal {
  readonly definition: OutcomeDefinition
  readonly deadlines: Deadlines
}

/** Deadlines as the definition states them, else by how long outcomes took so far. */
export async function findGoal(reader: Reader, name: string): Promise<OpenGoal | null> {
  const found = await findOutcomeDefinition(reader, name)
  return found && openGoal(reader, found.definition, {})
}

/**
 * The newest version with deadlines as they were known when it was made: what is judged by it at any later moment is
 * judged alike, as what an experiment froze at its start.
 */
export async function findFrozenGoal(reader: Reader, name: string): Promise<OpenGoal | null> {
  const found = await findOutcomeDefinition(reader, name)
  return found && openGoal(reader, found.definition, { by: found.createdAt })
}

async function openGoal(
  reader: Reader,
  definition: OutcomeDefinition,
  known: { readonly by?: string },
): Promise<OpenGoal> {
  const { deadlines } = definition
  const delays =
    deadlines.standard === null
      ? await listPastDelays(reader, definition, { taskType: null, ...known })
      : []
  return {
    definition,
    deadlines: {
      standardMs: Math.max(shortestMs, deadlineFrom(deadlines, null, delays).ms),
      byTaskType: deadlines.byTaskType,
    },
  }
}

/** Nobody hears of anything sooner. */
const shortestMs = 60_000

/** What the goal was lately, and how much work there is: for forecasts and for priors. */
export interface GoalHistory {
  readonly decided: number
  readonly rate: number | null
  readonly rates: Readonly<Record<string, number>>
  /** Standard deviation inside types of task. */
  readonly spread: number | null
}

/** Sessions that are looked at. */
const mostSessions = 500

export async function readGoalHistory(
  reader: Reader,
  definition: OutcomeDefinition,
): Promise<GoalHistory> {
  const { sessions } = await listSessions(reader, { limit: mostSessions })
  const sessionIds = sessions.map(({ session }) => session.id)
  const { signals } = await listGoalSignals(reader, definition, { sessionIds, exposureIds: [] })
  const bySession = Map.groupBy(signals, (one) => one.sessionId)
  const values = sessions.flatMap(({ session }) => {
    const heard = (bySession.get(session.id) ?? []).map(({ signal }) => signal)
    const goal = decideGoal(definition, heard)
    return goal === null ? [] : [{ type: session.task.type ?? '', value: goal.value }]
  })
  const byType = Map.groupBy(values, ({ type }) => type)
  const mean = (some: readonly { readonly value: number }[]) =>
    some.reduce((sum, { value }) => sum + value, 0) / some.length
  const squares = [...byType.values()].flatMap((group) => {
    const middle = mean(group)
    return group.map(({ value }) => (value - middle) ** 2)
  })
  return {
    decided: values.length,
    rate: values.length === 0 ? null : mean(values),
    rates: Object.fromEntries(
      [...byType].toSorted().map(([type, group]) => [type, mean(group)] as const),
    ),
    spread:
      squares.length < 2
        ? null
        : Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / (squares.length - 1)),
  }
}
