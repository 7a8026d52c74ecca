import type { z } from 'zod'
import { readView } from '../../contract/v1/memories.ts'
import { memoryStorePath } from '../../contract/v1/memory-stores.ts'
import {
  type memoryVersion,
  memoryVersionAddress,
  memoryVersionPage,
  memoryVersionQuery,
  memoryVersion as memoryVersionSchema,
} from '../../contract/v1/memory-versions.ts'
import type { Actor } from '../../core/audit/record.ts'
import { DomainError } from '../../core/errors.ts'
import type { MemoryId, MemoryStoreId, MemoryVersionId, SessionId } from '../../core/ids.ts'
import type { Reader } from '../../storage/database.ts'
import { getMemoryStore } from '../../storage/memory-stores.ts'
import {
  findMemoryVersion,
  listMemoryVersionPage,
  type MemoryVersion,
  type MemoryVersionFilter,
  redactMemoryVersion,
} from '../../storage/memory-versions.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { pageSize, reading, type View, writing } from './memory-frame.ts'
import { cutPage, refuseExcluded } from './time-pages.ts'

const family = 'memory'

export const memoryVersionEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/v1/memory_stores/{memory_store_id}/memory_versions',
    family,
    scopes: reading,
    summary: 'Versions of all memories of the store, deleted ones too, newest first.',
    params: memoryStorePath,
    query: memoryVersionQuery,
    response: memoryVersionPage,
    async handle({ context, params, query }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const list = `memory_versions ${storeId} desc`
      const { view, page, created_at: within = {} } = query
      const after = page === undefined ? null : readPosition(context, list, page)
      if (after) refuseExcluded(after.createdAt, within)
      const limit = pageSize(query)
      const versions = await context.database.read(async (reader) => {
        await getMemoryStore(reader, storeId)
        const filter = toFilter(query)
        // Both filters at once ask for a version with two authors, and there is none.
        if (filter === null) return []
        return listMemoryVersionPage(reader, { storeId, filter, after, limit: limit + 1, view })
      })
      return cutPage(versions, limit, {
        present: (version) => present(version, view),
        cursor: (last) =>
          writeCursor(context.keyring, list, [last.createdAt, last.ordinal, last.id]),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/memory_stores/{memory_store_id}/memory_versions/{memory_version_id}',
    family,
    scopes: reading,
    summary: 'One version, also of a deleted memory.',
    params: memoryVersionAddress,
    query: readView,
    response: memoryVersionSchema,
    async handle({ context, params, query }) {
      return context.database.read(async (reader) =>
        present(await getAddressed(reader, params), query.view),
      )
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/memory_stores/{memory_store_id}/memory_versions/{memory_version_id}/redact',
    family,
    scopes: writing,
    summary:
      'Erases what the version said; who wrote it and when stays. Not for the head of a memory.',
    params: memoryVersionAddress,
    response: memoryVersionSchema,
    async handle({ context, actor, params }) {
      return context.database.write(actor, async (writer) => {
        const before = await getAddressed(writer, params)
        const after = await redactMemoryVersion(writer, before.id)
        if (before.redactedAt === null) {
          await writer.audit({
            action: 'memory_version.redacted',
            objectType: 'memory_version',
            objectId: before.id,
          })
        }
        return present(after, 'full')
      })
    },
  }),
]

async function getAddressed(
  reader: Reader,
  params: z.output<typeof memoryVersionAddress>,
): Promise<MemoryVersion> {
  const store = await getMemoryStore(reader, params.memory_store_id as MemoryStoreId)
  const found = await findMemoryVersion(reader, params.memory_version_id as MemoryVersionId)
  if (found?.storeId === store.id) return found
  throw new DomainError(
    'not_found',
    `Memory store ${store.id} has no memory version ${params.memory_version_id}.`,
  )
}

/** Actors that the wire has no word for act by themselves, as a service account does. */
const serviceAccounts: readonly Actor['type'][] = ['service_account', 'dream', 'importer']

function toFilter(query: z.output<typeof memoryVersionQuery>): MemoryVersionFilter | null {
  const { api_key_id: key, service_account_id: account, session_id: session } = query
  if ([key, account, session].filter((id) => id !== undefined).length > 1) return null
  return {
    memoryId: query.memory_id as MemoryId | undefined,
    operation: query.operation,
    sessionId: session as SessionId | undefined,
    actor:
      key !== undefined
        ? { id: key, types: ['api_key'] }
        : account !== undefined
          ? { id: account, types: serviceAccounts }
          : undefined,
    createdFrom: query.created_at?.gte,
    createdTo: query.created_at?.lte,
  }
}

function readPosition({ keyring }: ApiContext, list: string, cursor: string) {
  const position = readCursor(keyring, list, cursor)
  const [createdAt, ordinal, id] = position as [string, number, MemoryVersionId]
  return { createdAt, ordinal, id }
}

const present = (version: MemoryVersion, view: View): z.input<typeof memoryVersion> => ({
  id: version.id,
  type: 'memory_version',
  memory_id: version.memoryId,
  memory_store_id: version.storeId,
  operation: version.operation,
  path: version.path,
  content: view === 'full' ? version.content : null,
  content_sha256: version.contentSha256,
  content_size_bytes: version.contentSizeBytes,
  created_at: version.createdAt,
  created_by:
    version.sessionId === null
      ? presentActor(version.actor)
      : { type: 'session_actor', session_id: version.sessionId },
  redacted_at: version.redactedAt,
  redacted_by: version.redactedBy && presentActor(version.redactedBy),
})

/**
 * The wire knows four kinds of actor, we know six. A dream writes in a session of its own and is shown as that
 * session, by what the version recorded; one without a session, like an importer, as a service account.
 */
function presentActor({ type, id }: Actor): z.input<typeof memoryVersion>['created_by'] {
  if (type === 'session') return { type: 'session_actor', session_id: id }
  if (type === 'api_key') return { type: 'api_actor', api_key_id: id }
  if (type === 'user') return { type: 'user_actor', user_id: id }
  return { type: 'service_account_actor', service_account_id: id }
}
