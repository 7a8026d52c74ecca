import { ingestedEvents, ingestReceipt } from '../../contract/lucid/session-events.ts'
import {
  ingestedSession,
  ingestedSessionAnswer,
  sessionEnd,
} from '../../contract/lucid/sessions.ts'
import { sessionPath, session as sessionSchema } from '../../contract/v1/sessions.ts'
import type { SessionId } from '../../core/ids.ts'
import { evaluationSignal } from '../../core/outcome/evaluations.ts'
import { maskSignals } from '../../core/outcome/masked-signal.ts'
import type { JsonObject } from '../../core/session.ts'
import { signUnder } from '../../core/trust/personal-data.ts'
import type { Writer } from '../../storage/database.ts'
import { wakeExperiments } from '../../storage/experiment-rounds.ts'
import {
  appendEventBatch,
  type LiveEventBody,
  type NewSessionEvent,
} from '../../storage/live-events.ts'
import { receiveSignals } from '../../storage/received-signals.ts'
import { listResourcesOf } from '../../storage/session-resources.ts'
import { getSession, setSessionEnd } from '../../storage/sessions.ts'
import { emitWebhookEvent, toOutbox } from '../../storage/webhook-deliveries.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { presentSession } from '../v1/session-wire.ts'
import { findOrInsertSession, prepareEvents } from './ingest.ts'

const family = 'lucid'
const scopes = ['ingest'] as const

/** For agents that run elsewhere: their sessions, as they happen. */
export const ingestEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/sessions',
    family,
    scopes,
    summary: 'Makes the session of a run elsewhere, or finds it by its key.',
    body: ingestedSession,
    response: ingestedSessionAnswer,
    async handle({ context, actor, body }) {
      const { records } = await context.mask([body as never])
      // The key names the session and is compared as it came.
      const masked = { ...(records[0] as unknown as typeof body), key: body.key }
      return context.database.write(actor, async (writer) => {
        const { stored, created } = await findOrInsertSession(writer, context, masked)
        const resources = await listResourcesOf(writer, [stored.session.id])
        const shown = presentSession(stored, resources.get(stored.session.id) ?? [], {
          hash: context.hash,
          now: context.clock(),
        })
        return { ...shown, key: body.key, created }
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/sessions/{session_id}/events',
    family,
    scopes,
    summary:
      'Appends up to 1000 events of any type, without their secrets; ids come back in order.',
    params: sessionPath,
    body: ingestedEvents,
    response: ingestReceipt,
    async handle({ context, actor, params, body }) {
      const id = params.session_id as SessionId
      const { events, secrets } = await prepareEvents(context, id, body.events)
      const graded = await listEvaluations(context, id, events)
      const appended = await context.database.write(actor, async (writer) => {
        const stored = await appendEventBatch(writer, id, events)
        await receiveSignals(writer, toOutbox(context), graded)
        await tellStatus(writer, context, { id, types: stored.map((event) => event.body.type) })
        return stored
      })
      context.wakes.ring(id)
      return {
        data: appended.map((event) => ({
          id: event.id,
          type: event.body.type,
          processed_at: event.processedAt,
        })),
        secrets_masked: secrets,
      }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/sessions/{session_id}/end',
    family,
    scopes,
    summary: 'Says that a run elsewhere has ended; a second time changes nothing.',
    params: sessionPath,
    body: sessionEnd,
    response: sessionSchema,
    async handle({ context, actor, params, body }) {
      const id = params.session_id as SessionId
      const shown = await context.database.write(actor, async (writer) => {
        const { session } = await getSession(writer, id)
        const last: LiveEventBody =
          body.status === 'idle'
            ? { type: 'session.status_idle', stop_reason: { type: body.stop_reason } }
            : { type: 'session.status_terminated' }
        if (session.endedAt === null || session.status !== body.status) {
          await appendEventBatch(writer, id, [
            { body: last, ...(body.ended_at ? { processedAt: body.ended_at } : {}) },
          ])
          await setSessionEnd(writer, { id, endedAt: body.ended_at ?? writer.at })
          await tellStatus(writer, context, { id, types: [last.type] })
          await wakeExperiments(writer, toOutbox(context), { sessions: [id] })
        }
        const resources = await listResourcesOf(writer, [id])
        return presentSession(await getSession(writer, id), resources.get(id) ?? [], {
          hash: context.hash,
          now: context.clock(),
        })
      })
      context.wakes.ring(id)
      return shown
    },
  }),
]

/** What graders say in the session itself is an outcome of it. */
const listEvaluations = (
  { mask, keyring, hash }: ApiContext,
  id: SessionId,
  events: readonly NewSessionEvent[],
) =>
  maskSignals(
    { mask, sign: signUnder(keyring, hash) },
    events.flatMap(
      ({ body, processedAt }) =>
        evaluationSignal(id, body as JsonObject, processedAt ?? null) ?? [],
    ),
  )

const told = {
  'session.status_running': 'session.running',
  'session.status_idle': 'session.idled',
  'session.status_terminated': 'session.status_terminated',
} as const

/** The last status of a batch, if it has one; most batches have none and cost nothing here. */
async function tellStatus(
  writer: Writer,
  context: ApiContext,
  { id, types }: { readonly id: SessionId; readonly types: readonly string[] },
): Promise<void> {
  const last = types.findLast((type) => Object.hasOwn(told, type)) as keyof typeof told | undefined
  if (last === undefined) return
  await emitWebhookEvent(writer, toOutbox(context), { type: told[last], objectId: id })
}
