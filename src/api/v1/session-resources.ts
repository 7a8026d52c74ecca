import {
  deletedResource,
  fileResource,
  resourceListQuery,
  resourcePage,
  resourcePath,
  resourceUpdate,
  sessionResource,
} from '../../contract/v1/session-resources.ts'
import { sessionPath } from '../../contract/v1/sessions.ts'
import { DomainError } from '../../core/errors.ts'
import type { SessionId, SessionResourceId } from '../../core/ids.ts'
import type { Reader, Writer } from '../../storage/database.ts'
import { getEnvironment } from '../../storage/environments.ts'
import {
  countSessionFiles,
  deleteSessionResource,
  getSessionResource,
  insertSessionResources,
  listSessionResources,
  touchSessionResource,
} from '../../storage/session-resources.ts'
import { getSession, type StoredSession } from '../../storage/sessions.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { prepareResources, presentResource } from './session-mounts.ts'
import { cutPage } from './time-pages.ts'

const family = 'managed-agents'
const reading = ['ingest', 'review'] as const
const writing = ['ingest'] as const
const maxFiles = 500

export const sessionResourceEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/sessions/{session_id}/resources',
    family,
    scopes: writing,
    summary: 'Adds a file to a session; stores are attached at creation only.',
    params: sessionPath,
    body: fileResource,
    response: sessionResource,
    async handle({ context, actor, params, body }) {
      const id = params.session_id as SessionId
      return context.database.write(actor, async (writer) => {
        await refuseFile(writer, await getOpen(writer, id))
        const prepared = await prepareResources(writer, context.newId, [body])
        const [added] = await insertSessionResources(writer, id, prepared)
        await note(writer, 'session.resource_added', id)
        return presentResource(added as NonNullable<typeof added>)
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}/resources',
    family,
    scopes: reading,
    summary: 'What a session mounts, in the order in which it was added.',
    params: sessionPath,
    query: resourceListQuery,
    response: resourcePage,
    async handle({ context, params, query }) {
      const sessionId = params.session_id as SessionId
      const list = `resources ${sessionId}`
      const after = query.page && Number(readCursor(context.keyring, list, query.page))
      const rows = await context.database.read(async (reader) => {
        await getSession(reader, sessionId)
        return listSessionResources(reader, {
          sessionId,
          ...(typeof after === 'number' ? { after } : {}),
          limit: query.limit + 1,
        })
      })
      return cutPage(rows, query.limit, {
        present: presentResource,
        cursor: (last) => writeCursor(context.keyring, list, last.ordinal),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}/resources/{resource_id}',
    family,
    scopes: reading,
    summary: 'One resource; a mounted store is found by the id of its store.',
    params: resourcePath,
    response: sessionResource,
    async handle({ context, params }) {
      const ref = toRef(params)
      return context.database.read(async (reader) => {
        await getSession(reader, ref.sessionId)
        return presentResource(await getSessionResource(reader, ref))
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/sessions/{session_id}/resources/{resource_id}',
    family,
    scopes: writing,
    summary: 'Takes a new token of a repository, which is never stored.',
    params: resourcePath,
    body: resourceUpdate,
    response: sessionResource,
    async handle({ context, actor, params }) {
      const ref = toRef(params)
      return context.database.write(actor, async (writer) => {
        await getOpen(writer, ref.sessionId)
        const { type } = await getSessionResource(writer, ref)
        if (type !== 'github_repository') {
          throw refused(`Resource ${ref.id} is a ${type}; only a repository’s token can change.`)
        }
        const touched = await touchSessionResource(writer, ref)
        await note(writer, 'session.resource_updated', ref.sessionId)
        return presentResource(touched)
      })
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: '/v1/sessions/{session_id}/resources/{resource_id}',
    family,
    scopes: writing,
    summary: 'Takes a file or repository away; stores stay as long as the session.',
    params: resourcePath,
    response: deletedResource,
    async handle({ context, actor, params }) {
      const ref = toRef(params)
      await context.database.write(actor, async (writer) => {
        await getOpen(writer, ref.sessionId)
        const { type } = await getSessionResource(writer, ref)
        if (type === 'memory_store') {
          throw refused('A memory store cannot be removed from a session; archive the session.')
        }
        await deleteSessionResource(writer, ref)
        await note(writer, 'session.resource_deleted', ref.sessionId)
      })
      return { id: ref.id, type: 'session_resource_deleted' }
    },
  }),
]

const toRef = (params: { readonly session_id: string; readonly resource_id: string }) => ({
  sessionId: params.session_id as SessionId,
  id: params.resource_id as SessionResourceId,
})

const note = (writer: Writer, action: string, objectId: SessionId) =>
  writer.audit({ action, objectType: 'session', objectId })

/** A session whose resources may change. */
async function getOpen(reader: Reader, id: SessionId): Promise<StoredSession> {
  const stored = await getSession(reader, id)
  if (!stored.isLive) throw refused(`Session ${id} was imported; it mounts nothing.`)
  if (stored.archivedAt !== null || stored.session.status === 'terminated') {
    throw refused(`Session ${id} is terminated; what it mounts stays as it is.`)
  }
  return stored
}

async function refuseFile(reader: Reader, { session, environmentId }: StoredSession) {
  if ((await countSessionFiles(reader, session.id)) >= maxFiles) {
    throw refused(`Session ${session.id} has ${maxFiles} files, which is the most; delete some.`)
  }
  if (environmentId === null) return
  const { config } = await getEnvironment(reader, environmentId)
  if (config.type !== 'self_hosted') return
  throw refused('A self-hosted environment mounts memory stores only, not a file.')
}

const refused = (message: string) => new DomainError('invalid_argument', message)
