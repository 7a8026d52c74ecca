import { dream, dreamPage, dreamPath, dreamQuery, newDream } from '../../contract/v1/dreams.ts'
import { DomainError } from '../../core/errors.ts'
import type { DreamId, MemoryStoreId, SessionId } from '../../core/ids.ts'
import type { Keyring } from '../../core/keyring.ts'
import type { CreatedRange } from '../../storage/agents.ts'
import {
  archiveDream,
  type Dream,
  type DreamCursor,
  getDream,
  isLive,
  listDreams,
  releaseStore,
  updateDream,
} from '../../storage/dreams.ts'
import { createDream, tellAbout } from '../../storage/new-dream.ts'
import { refuseWriting } from '../dream-rights.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { presentDream, presentDreams } from '../wire-dream.ts'
import { refuseExcluded } from './time-pages.ts'

const family = 'dreams'
const scopes = ['review'] as const
const list = 'dreams'

export const dreamEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/dreams',
    family,
    scopes,
    summary:
      'Starts a dream over a memory store and 1 to 100 sessions; each request is a new dream.',
    body: newDream,
    response: dream,
    async handle({ context, caller, actor, body }) {
      refuseWriting(caller, body.output_behavior.type)
      const store = body.inputs.find((one) => one.type === 'memory_store')
      const sessions = body.inputs.find((one) => one.type === 'sessions')
      return context.database.write(actor, async (writer) =>
        presentDream(
          writer,
          await createDream(writer, context, {
            storeId: store?.memory_store_id as MemoryStoreId,
            sessions: { ids: (sessions?.session_ids ?? []) as SessionId[] },
            model: body.model,
            instructions: body.instructions ?? null,
            outputBehavior: body.output_behavior.type,
            origin: 'api',
          }),
        ),
      )
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/dreams',
    family,
    scopes,
    summary: 'Dreams, newest first; archived ones only when asked for.',
    query: dreamQuery,
    response: dreamPage,
    async handle({ context, query }) {
      const { statuses, created_at: range = {}, include_archived, limit, page } = query
      const after = page === undefined ? undefined : readPosition(context.keyring, page, range)
      return context.database.read(async (reader) => {
        const found = await listDreams(reader, {
          filter: {
            archived: include_archived ? 'shown' : 'hidden',
            ...(statuses && statuses.length > 0 ? { statuses } : {}),
            ...(range.gt === undefined ? {} : { createdAfter: range.gt }),
            ...(range.lt === undefined ? {} : { createdBefore: range.lt }),
          },
          ...(after ? { after } : {}),
          limit: limit + 1,
        })
        const shown = found.slice(0, limit)
        const last = found.length > limit ? shown.at(-1) : undefined
        return {
          data: await presentDreams(reader, shown),
          next_page: last
            ? writeCursor(context.keyring, list, [last.createdAt, last.ordinal])
            : null,
        }
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/dreams/{dream_id}',
    family,
    scopes,
    summary: 'One dream, archived or not.',
    params: dreamPath,
    response: dream,
    async handle({ context, params }) {
      return context.database.read(async (reader) =>
        presentDream(reader, await getDream(reader, params.dream_id as DreamId)),
      )
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/dreams/{dream_id}/cancel',
    family,
    scopes,
    summary: 'Stops a dream that has not ended; what it wrote stays.',
    params: dreamPath,
    response: dream,
    async handle({ context, actor, params }) {
      const id = params.dream_id as DreamId
      const before = await context.database.read((reader) => getDream(reader, id))
      if (!isToCancel(before)) {
        return context.database.read((reader) => presentDream(reader, before))
      }
      return context.database.write(actor, async (writer) => {
        const now = await getDream(writer, id)
        if (isToCancel(now)) {
          await updateDream(writer, id, { status: 'canceled' })
          // A running one lets go of its store when its worker has stopped; a pending one has no worker.
          if (now.status === 'pending') await releaseStore(writer, id)
          await tellAbout(writer, context, { type: 'dream.canceled', id })
        }
        await writer.audit({ action: 'dream.canceled', objectType: 'dream', objectId: id })
        return presentDream(writer, await getDream(writer, id))
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/dreams/{dream_id}/archive',
    family,
    scopes,
    summary: 'Hides an ended dream from lists, for good.',
    params: dreamPath,
    response: dream,
    async handle({ context, actor, params }) {
      const id = params.dream_id as DreamId
      const before = await context.database.read((reader) => getDream(reader, id))
      if (isLive(before.status)) {
        throw new DomainError(
          'invalid_argument',
          `Dream ${id} is ${before.status}; cancel it first, then archive it.`,
        )
      }
      if (before.archivedAt !== null) {
        return context.database.read((reader) => presentDream(reader, before))
      }
      return context.database.write(actor, async (writer) => {
        await archiveDream(writer, id)
        await writer.audit({ action: 'dream.archived', objectType: 'dream', objectId: id })
        return presentDream(writer, await getDream(writer, id))
      })
    },
  }),
]

/** False: canceled already. Throws when it ended otherwise. */
function isToCancel({ id, status }: Dream): boolean {
  if (status === 'canceled') return false
  if (isLive(status)) return true
  throw new DomainError('invalid_argument', `Dream ${id} is ${status} and cannot be canceled.`)
}

function readPosition(keyring: Keyring, page: string, range: CreatedRange): DreamCursor {
  const [createdAt, ordinal] = readCursor(keyring, list, page) as [string, number]
  refuseExcluded(createdAt, range)
  return { createdAt, ordinal }
}
