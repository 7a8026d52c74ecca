import type { z } from 'zod'
import {
  eventListQuery,
  eventPage,
  eventStreamQuery,
  sentEvents,
  sentPage,
  sessionEvent,
} from '../../contract/v1/session-events.ts'
import { sessionPath } from '../../contract/v1/sessions.ts'
import type { SessionId } from '../../core/ids.ts'
import { listEventPage } from '../../storage/event-pages.ts'
import { appendEventBatch } from '../../storage/live-events.ts'
import { getSession } from '../../storage/sessions.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { presentEvent } from './event-wire.ts'
import { checkSentEvents, refuseRuns } from './sent-events.ts'
import { refuseExcluded } from './time-pages.ts'

const family = 'managed-agents'
const reading = ['ingest', 'review'] as const
const writing = ['ingest'] as const

export const sessionEventEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/sessions/{session_id}/events',
    family,
    scopes: writing,
    summary:
      'Sends interrupts, confirmations and tool results; what asks a model to run is refused.',
    params: sessionPath,
    body: sentEvents,
    response: sentPage,
    async handle({ context, actor, params, body }) {
      refuseRuns(body.events)
      const id = params.session_id as SessionId
      const data = await context.database.write(actor, async (writer) => {
        const stored = await getSession(writer, id)
        const events = await checkSentEvents(writer, context, { stored, events: body.events })
        const appended = await appendEventBatch(writer, id, events)
        return appended.map((event) => presentEvent(event, stored))
      })
      context.wakes.ring(id)
      return { data }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}/events',
    family,
    scopes: reading,
    summary: 'The events of a session, oldest first unless asked otherwise.',
    params: sessionPath,
    query: eventListQuery,
    response: eventPage,
    handle: ({ context, params, query }) =>
      listWireEvents(context, params.session_id as SessionId, query),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/sessions/{session_id}/events/stream',
    family,
    scopes: reading,
    summary: 'The events of a session from now on, as server-sent events.',
    params: sessionPath,
    query: eventStreamQuery,
    response: sessionEvent,
    media: 'text/event-stream',
    handle: ({ context, params }) => openStream(context, params.session_id as SessionId),
  }),
]

export async function listWireEvents(
  { database, keyring }: ApiContext,
  id: SessionId,
  query: z.output<typeof eventListQuery>,
) {
  const { order, limit, types, created_at: processed = {} } = query
  const list = `events ${id} ${order}`
  const from = query.page && (readCursor(keyring, list, query.page) as [number, string | null])
  if (from?.[1]) refuseExcluded(from[1], processed)
  const { stored, page } = await database.read(async (reader) => {
    const session = await getSession(reader, id)
    const found = await listEventPage(reader, {
      session,
      order,
      ...(from ? { from: from[0] } : {}),
      types,
      processed,
      limit,
    })
    return { stored: session, page: found }
  })
  const last = page.events.at(-1)
  const more = page.hasMore && last
  return {
    data: page.events.map((event) => presentEvent(event, stored)),
    next_page: more ? writeCursor(keyring, list, [last.seq, last.processedAt]) : null,
  }
}

/** Headers that keep everything in between from holding events back. */
export async function openStream({ feed }: ApiContext, id: SessionId): Promise<Response> {
  return new Response(await feed.open(id), {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    },
  })
}
