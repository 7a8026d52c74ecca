import type { Deadlines } from '../core/experiment/plan.ts'
import type { DecideValue } from '../core/experiment/unit-outcome.ts'
import { type OutcomeSignal, sessionOutcome } from '../core/outcome/signal.ts'
import type { JsonObject } from '../core/session.ts'
import type { Reader } from './database.ts'
import { listOutcomeSignals } from './outcome-signals.ts'
import { listSessions } from './sessions.ts'

/** A goal by its name: what decides it now, and for how long an outcome is waited for. */
export interface OpenGoal {
  readonly definition: JsonObject
  readonly deadlines: Deadlines | null
}

export async function findGoal(_reader: Reader, name: string): Promise<OpenGoal | null> {
  return { definition: { kind: name }, deadlines: null }
}

/** The value that signals come to under a definition as it was stored. */
export function decideBy(definition: JsonObject): DecideValue {
  return (signals) => valueUnder(definition, signals)
}

function valueUnder({ kind }: JsonObject, signals: readonly OutcomeSignal[]): number | null {
  const { success, value } = sessionOutcome(signals.filter((signal) => signal.kind === kind))
  return success === null ? null : (value ?? (success ? 1 : 0))
}

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
  definition: JsonObject,
): Promise<GoalHistory> {
  const { sessions } = await listSessions(reader, { limit: mostSessions })
  const ids = sessions.map(({ session }) => session.id)
  const bySession = Map.groupBy(await listOutcomeSignals(reader, ids), (one) => one.sessionId)
  const values = sessions.flatMap(({ session }) => {
    const value = valueUnder(definition, bySession.get(session.id) ?? [])
    return value === null ? [] : [{ type: session.task.type ?? '', value }]
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
