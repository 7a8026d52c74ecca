import { join } from 'node:path'
import type Anthropic from '@anthropic-ai/sdk'
import { APIError } from '@anthropic-ai/sdk'
import type { SessionId } from '../../src/core/ids.ts'
import type { Context } from '../../src/pipeline/context.ts'
import { runDreamStep } from '../../src/pipeline/dream-step.ts'
import { importPaths } from '../../src/pipeline/import.ts'
import { stepKinds } from '../../src/pipeline/step.ts'
import { runWorker } from '../../src/pipeline/worker.ts'
import { listEvents } from '../../src/storage/session-events.ts'
import { listSessions } from '../../src/storage/sessions.ts'
import { airlineTranscripts } from '../_airline.ts'
import type { TestServer } from '../_server.ts'

export type Client = Anthropic
export type WireDream = Awaited<ReturnType<Client['beta']['dreams']['retrieve']>>

/** Real sessions with outcomes, and a store that has a known duplicate. */
export async function fillServer(server: TestServer) {
  const files = ['qwen2.5-7b__airline.json.gz', 'gpt-4o-airline.json.gz']
  const paths = files.map((name) => join(airlineTranscripts, name))
  await importPaths(server.context, paths, () => {})
  const { sessions } = await server.context.database.read((reader) =>
    listSessions(reader, { limit: 200 }),
  )
  return sessions.map(({ session }) => session.id)
}

export async function makeStore(client: Client) {
  const store = await client.beta.memoryStores.create({ name: 'rules' })
  const content = '- Refunds take 5 days.\n- Refunds take 5 days.\n- Bags cost 50 dollars.\n'
  await client.beta.memoryStores.memories.create(store.id, { path: '/rules.md', content })
  return store.id
}

export const inputsOf = (storeId: string, sessionIds: readonly string[]) => [
  { type: 'memory_store' as const, memory_store_id: storeId },
  { type: 'sessions' as const, session_ids: [...sessionIds] },
]

/** Asks until the dream has ended, as the guide tells clients to. */
export async function waitForEnd(client: Client, id: string): Promise<WireDream> {
  for (;;) {
    const dream = await client.beta.dreams.retrieve(id)
    if (dream.status !== 'pending' && dream.status !== 'running') return dream
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

/** Does the next due job of a dream, as a worker would; false when there is none. */
export async function doNextJob(context: Context): Promise<boolean> {
  const job = await context.jobs.claim({ owner: context.owner, leaseMs: 60_000, kinds: stepKinds })
  if (job) await runDreamStep(context, job)
  return job !== null
}

/** Works until the next job would be of this kind. */
export async function workUpTo(context: Context, kind: (typeof stepKinds)[number]) {
  for (const _ of stepKinds.slice(0, stepKinds.indexOf(kind))) await doNextJob(context)
}

/** A worker of the server's own process, and how to stop it. */
export function startWorker(context: Context) {
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, context.signal])
  const done = runWorker({ ...context, signal })
  return async () => {
    stop.abort()
    await done
  }
}

/** What an API error says, or a failure when there is none. */
export async function refusal(call: PromiseLike<unknown>) {
  try {
    await call
  } catch (error) {
    if (!(error instanceof APIError)) throw error
    const body = error.error as { error?: { type?: string; message?: string } } | undefined
    const { type, message } = body?.error ?? {}
    return { status: error.status, type, message, headers: error.headers }
  }
  throw new Error('The call was not refused.')
}

/** The events of a dream's own session, as stored. */
export async function listOwnEvents(server: TestServer, sessionId: string | null) {
  const page = await server.context.database.read((reader) =>
    listEvents(reader, { sessionId: sessionId as SessionId, limit: 1_000 }),
  )
  return page.events
}
