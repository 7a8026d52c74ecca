import {
  goalQuery,
  goal as goalSchema,
  outcomeDefinitionBody,
  outcomeDefinitionList,
  outcomeDefinitionPath,
  outcomeDefinitionQuery,
  outcomeDefinition as outcomeDefinitionSchema,
  outcomeDefinitionWithDeadline,
} from '../../contract/lucid/outcome-definitions.ts'
import type { SessionId } from '../../core/ids.ts'
import { deadlineFrom, type OutcomeDefinition } from '../../core/outcome/definition.ts'
import { decideGoal, refuseSignal } from '../../core/outcome/goal.ts'
import type { GoalSignal } from '../../core/outcome/goal-signal.ts'
import { presentDefinition, toDefinition } from '../../core/outcome/sent-definition.ts'
import type { Reader } from '../../storage/database.ts'
import { listGoalSignals, listPastDelays } from '../../storage/goal-signals.ts'
import {
  getOutcomeDefinition,
  listOutcomeDefinitions,
  putOutcomeDefinition,
} from '../../storage/outcome-definitions.ts'
import { getSession } from '../../storage/sessions.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const base = '/lucid/v1/outcome_definitions'
const reading = ['review', 'outcomes'] as const

export const outcomeDefinitionEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: base,
    family,
    scopes: reading,
    summary: 'The newest version of every outcome definition, by name.',
    response: outcomeDefinitionList,
    async handle({ context }) {
      const all = await context.database.read((reader) => listOutcomeDefinitions(reader))
      return { data: all.map(presentDefinition) }
    },
  }),
  defineEndpoint({
    method: 'PUT',
    path: `${base}/{name}`,
    family,
    scopes: ['admin'],
    summary: 'Says what counts as success; the next version, unless nothing changed.',
    params: outcomeDefinitionPath,
    body: outcomeDefinitionBody,
    response: outcomeDefinitionSchema,
    async handle({ context, actor, params, body }) {
      const given = toDefinition(params.name, body)
      return presentDefinition(
        await context.database.write(actor, (writer) => putOutcomeDefinition(writer, given)),
      )
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${base}/{name}`,
    family,
    scopes: reading,
    summary: 'One outcome definition, and how long it waits for outcomes of a type of task.',
    params: outcomeDefinitionPath,
    query: outcomeDefinitionQuery,
    response: outcomeDefinitionWithDeadline,
    async handle({ context, params, query }) {
      return context.database.read(async (reader) => {
        const stored = await getOutcomeDefinition(reader, params.name, query.version)
        const taskType = query.task_type ?? null
        const delays = await listPastDelays(reader, stored.definition, { taskType })
        const { ms, from } = deadlineFrom(stored.definition.deadlines, taskType, delays)
        const deadline = { seconds: ms / 1_000, from, past_delays: delays.length }
        return { ...presentDefinition(stored), deadline }
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${base}/{name}/goal`,
    family,
    scopes: reading,
    summary: 'What the signals of one session come to, and why each counts or does not.',
    params: outcomeDefinitionPath,
    query: goalQuery,
    response: goalSchema,
    async handle({ context, params, query }) {
      const id = query.session_id as SessionId
      return context.database.read(async (reader) => {
        await getSession(reader, id)
        const { definition } = await getOutcomeDefinition(reader, params.name, query.version)
        return explainGoal(reader, definition, id)
      })
    },
  }),
]

async function explainGoal(reader: Reader, definition: OutcomeDefinition, id: SessionId) {
  const units = { sessionIds: [id], exposureIds: [] }
  const { signals: heard } = await listGoalSignals(reader, { ...definition, cap: null }, units)
  const { capped } = await listGoalSignals(reader, definition, units)
  const signals = heard.map(({ signal }) => signal)
  const decided = decideGoal(
    definition,
    signals.filter((one) => !capped.has(one.id)),
  )
  const reasonOf = (one: GoalSignal) => refuseSignal(definition, one) ?? capped.get(one.id) ?? null
  return {
    type: 'goal' as const,
    definition: { name: definition.name, version: definition.version },
    session_id: id,
    value: decided?.value ?? null,
    decided_at: decided?.decidedAt ?? null,
    signals: signals.map((one) => ({
      id: one.id,
      kind: one.kind,
      source: one.source,
      value: one.value,
      success: one.success,
      decides: decided?.signalIds.includes(one.id) ?? false,
      reason: reasonOf(one),
    })),
  }
}
