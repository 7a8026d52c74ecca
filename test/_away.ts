import { pino } from 'pino'
import { openContext, serve } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { runWorker } from '../src/pipeline/worker.ts'
import { insertApiKey } from '../src/storage/api-keys.ts'
import { makeApiKey } from '../src/storage/new-api-key.ts'

/** A server with its worker in this process, over a database that will be away for a while. */
export async function startServerAt(databaseUrl: string | null, folder: string) {
  const stopping = new AbortController()
  const opened = await openContext({
    dataDirectory: folder,
    secrets: { maskKey: null, secretKey: null, bootstrapKey: null, databaseUrl },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    signal: stopping.signal,
  })
  const { context } = opened
  const unlimited = { writesPerMinute: 0, readsPerMinute: 0 }
  const config = { ...readConfig({}).config.server, ...unlimited }
  const server = await serve(opened, { port: 0 }, { config, version: '0.0.0-test' })
  const { key, row } = makeApiKey(context, { name: 'test', scopes: ['admin'], expiresAt: null })
  await context.database.write({ type: 'user', id: 'test' }, async (writer) => {
    await insertApiKey(writer, row)
    await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
  })
  const working = runWorker(context)
  return {
    context,
    url: server.url,
    async send(method: string, path: string, body?: object) {
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: { 'x-api-key': key },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      const text = await response.text()
      const { status, headers } = response
      const isJson = headers.get('content-type')?.startsWith('application/json') === true
      return { status, headers, body: isJson ? JSON.parse(text) : text }
    },
    async stop() {
      stopping.abort()
      await server.stop(1_000)
      await working
      await opened.close()
    },
  }
}

export type ServerAt = Awaited<ReturnType<typeof startServerAt>>

/** Starts a dream over every session and a store that has something to mend. */
export async function startDream({ send }: ServerAt): Promise<string> {
  const store = await send('POST', '/v1/memory_stores', { name: 'rules' })
  const content = '- Refunds take 5 days.\n- Refunds take 5 days.\n- Bags cost 50 dollars.\n'
  await send('POST', `/v1/memory_stores/${store.body.id}/memories`, { path: '/rules.md', content })
  const sessions = await send('GET', '/v1/sessions?limit=100')
  const { body } = await send('POST', '/v1/dreams', {
    model: 'lucidream-builtin',
    inputs: [
      { type: 'memory_store', memory_store_id: store.body.id },
      {
        type: 'sessions',
        session_ids: sessions.body.data.map(({ id }: { readonly id: string }) => id),
      },
    ],
  })
  return body.id
}

export async function waitForStatus({ send }: ServerAt, id: string): Promise<string> {
  for (;;) {
    const { status, body } = await send('GET', `/v1/dreams/${id}`)
    if (status === 200 && body.status !== 'pending' && body.status !== 'running') return body.status
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
