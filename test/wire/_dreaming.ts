import { join } from 'node:path'
import type Anthropic from '@anthropic-ai/sdk'
import type { Context } from '../../src/pipeline/context.ts'
import { importPaths } from '../../src/pipeline/import.ts'
import { runWorker } from '../../src/pipeline/worker.ts'
import { listSessions } from '../../src/storage/sessions.ts'
import { airlineTranscripts } from '../_airline.ts'
import type { TestServer } from '../_server.ts'

export type Client = Anthropic
export type WireDream = Awaited<ReturnType<Client['beta']['dreams']['retrieve']>>

/** Real sessions with outcomes, and a store that has a known duplicate. */
export async function fillServer(server: TestServer) {
  const files = ['qwen2.5-7b__airline.json.gz', 'gpt-4o-2024-11-20__airline.json.gz']
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
