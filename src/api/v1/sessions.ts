import {
  deletedSession,
  newSession,
  sessionListQuery,
  sessionPage,
  sessionPath,
  session as sessionSchema,
  sessionUpdate,
} from '../../contract/v1/sessions.ts'
import type { SessionId } from '../../core/ids.ts'
import type { Reader } from '../../storage/database.ts'
import { wakeExperiments } from '../../storage/experiment-rounds.ts'
import { deleteFilesOf } from '../../storage/files.ts'
import { appendSessionEvents } from '../../storage/live-events.ts'
import { archiveSession, deleteSession, refuseRunning } from '../../storage/live-sessions.ts'
import { listResourcesOf } from '../../storage/session-resources.ts'
import { getSession, type StoredSession } from '../../storage/sessions.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { recordChange } from '../record.ts'
import { createSession } from './session-creation.ts'
import { listWireSessions } from './session-list.ts'
import { updateSessionFields } from './session-update.ts'
import { presentSession } from './session-wire.ts'

const family = 'managed-agents'
const reading = ['ingest', 'review'] as const
const writing = ['ingest'] as const

export const sessionEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/sessions',
    family,
    scopes: writing,
    summary: 'Makes an idle session of an agent as it is now.',
    body: newSession,
    response: sessionSchema,
    async handle({ context, actor, body }) {
      return context.database.write(actor, async (writer) => {
        const { stored, resources } = await createSession(writer, context, body)
        return presentSession(stored, resources, presenting(context))
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions',
    family,
    scopes: reading,
    summary: 'Sessions by their beginning, imported ones too; pages lead both ways.',
    query: sessionListQuery,
    response: sessionPage,
    handle: ({ context, query }) => listWireSessions(context, query),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}',
    family,
    scopes: reading,
    summary: 'One session, archived ones too.',
    params: sessionPath,
    response: sessionSchema,
    async handle({ context, params }) {
      return context.database.read(async (reader) => {
        const stored = await getSession(reader, params.session_id as SessionId)
        return show(reader, context, stored)
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/sessions/{session_id}',
    family,
    scopes: writing,
    summary: 'Changes title, metadata or budget, and an idle session’s tools.',
    params: sessionPath,
    body: sessionUpdate,
    response: sessionSchema,
    async handle({ context, actor, params, body }) {
      const id = params.session_id as SessionId
      const updated = await context.database.write(actor, async (writer) => {
        const stored = await getSession(writer, id)
        const after = await updateSessionFields(writer, context, { stored, given: body })
        return show(writer, context, after)
      })
      context.wakes.ring(id)
      return updated
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/sessions/{session_id}/archive',
    family,
    scopes: writing,
    summary: 'Terminates a session that is not running; its history stays.',
    params: sessionPath,
    response: sessionSchema,
    async handle({ context, actor, params }) {
      const id = params.session_id as SessionId
      const archived = await context.database.write(actor, async (writer) => {
        const before = await getSession(writer, id)
        if (before.archivedAt !== null) return show(writer, context, before)
        await refuseRunning(writer, id, 'archived')
        if (before.isLive && before.session.status !== 'terminated') {
          await appendSessionEvents(writer, id, [{ type: 'session.status_terminated' }])
        }
        const after = await archiveSession(writer, id)
        await wakeExperiments(writer, toOutbox(context), { sessions: [id] })
        await recordChange(writer, context, { action: 'session.archived', id })
        return show(writer, context, after)
      })
      context.wakes.ring(id)
      return archived
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: '/v1/sessions/{session_id}',
    family,
    scopes: writing,
    summary: 'Removes a session that is not running, with the files it made; its streams end.',
    params: sessionPath,
    response: deletedSession,
    async handle({ context, actor, params }) {
      const id = params.session_id as SessionId
      await context.database.write(actor, async (writer) => {
        await deleteSession(writer, id)
        await deleteFilesOf(writer, id)
        await recordChange(writer, context, { action: 'session.deleted', id })
      })
      context.wakes.ring(id)
      return { id, type: 'session_deleted' }
    },
  }),
]

const presenting = ({ hash, clock }: ApiContext) => ({ hash, now: clock() })

async function show(reader: Reader, context: ApiContext, stored: StoredSession) {
  const { id } = stored.session
  const resources = await listResourcesOf(reader, [id])
  return presentSession(stored, resources.get(id) ?? [], presenting(context))
}
