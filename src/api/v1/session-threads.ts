import type { z } from 'zod'
import { eventPage, eventStreamQuery, sessionEvent } from '../../contract/v1/session-events.ts'
import {
  threadEventsQuery,
  threadListQuery,
  threadPage,
  threadPath,
  thread as threadSchema,
} from '../../contract/v1/session-threads.ts'
import { sessionPath } from '../../contract/v1/sessions.ts'
import { DomainError } from '../../core/errors.ts'
import type { SessionId } from '../../core/ids.ts'
import { getSession, type StoredSession } from '../../storage/sessions.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { nameThread } from './primary-thread.ts'
import { listWireEvents, openStream } from './session-events.ts'
import { presentAgent, presentStats, presentUsage } from './session-wire.ts'

const family = 'managed-agents'
const reading = ['ingest', 'review'] as const

export const sessionThreadEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}/threads',
    family,
    scopes: reading,
    summary: 'The threads of a session: until agents run here, the primary one.',
    params: sessionPath,
    query: threadListQuery,
    response: threadPage,
    async handle({ context, params, query }) {
      const stored = await find(context, params.session_id)
      const primary = present(context, stored)
      const wanted = query.statuses === undefined || query.statuses.includes(primary.status)
      return { data: wanted ? [primary] : [], next_page: null }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}/threads/{thread_id}',
    family,
    scopes: reading,
    summary: 'One thread of a session.',
    params: threadPath,
    response: threadSchema,
    async handle({ context, params }) {
      return present(context, await findOf(context, params))
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/sessions/{session_id}/threads/{thread_id}/archive',
    family,
    scopes: ['ingest'],
    summary: 'Refused for the primary thread, which lives as long as its session.',
    params: threadPath,
    response: threadSchema,
    async handle({ context, params }) {
      await findOf(context, params)
      throw new DomainError(
        'invalid_argument',
        `Thread ${params.thread_id} is the primary one; archive session ${params.session_id} instead.`,
      )
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}/threads/{thread_id}/events',
    family,
    scopes: reading,
    summary: 'The events of one thread, oldest first.',
    params: threadPath,
    query: threadEventsQuery,
    response: eventPage,
    async handle({ context, params, query }) {
      const { session } = await findOf(context, params)
      return listWireEvents(context, session.id, { ...query, order: 'asc' })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}/threads/{thread_id}/stream',
    family,
    scopes: reading,
    summary: 'The events of one thread from now on, as server-sent events.',
    params: threadPath,
    query: eventStreamQuery,
    response: sessionEvent,
    media: 'text/event-stream',
    async handle({ context, params }) {
      const { session } = await findOf(context, params)
      return openStream(context, session.id)
    },
  }),
]

const find = ({ database }: ApiContext, id: string) =>
  database.read((reader) => getSession(reader, id as SessionId))

async function findOf(
  context: ApiContext,
  params: { readonly session_id: string; readonly thread_id: string },
): Promise<StoredSession> {
  const stored = await find(context, params.session_id)
  if (params.thread_id === nameThread(context.hash, stored.session.id)) return stored
  throw new DomainError(
    'not_found',
    `Session ${params.session_id} has no thread ${params.thread_id}.`,
  )
}

function present({ hash, clock }: ApiContext, stored: StoredSession): z.input<typeof threadSchema> {
  const { session, tally, archivedAt, beganAt, updatedAt } = stored
  const { multiagent: _, ...agent } = presentAgent(stored, hash)
  return {
    id: nameThread(hash, session.id),
    type: 'session_thread',
    session_id: session.id,
    parent_thread_id: null,
    agent,
    status: archivedAt === null ? session.status : 'terminated',
    stats: tally ? { ...presentStats(stored, clock()), startup_seconds: 0 } : null,
    usage: tally ? { ...presentUsage(stored, clock()) } : null,
    workflow_run_id: null,
    created_at: beganAt,
    updated_at: updatedAt,
    archived_at: archivedAt,
  }
}
