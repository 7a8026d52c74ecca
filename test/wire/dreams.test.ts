import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import {
  type Client,
  fillServer,
  inputsOf,
  makeStore,
  startWorker,
  waitForEnd,
} from './_dreaming.ts'

let server: TestServer
let client: Client
let sessions: string[]
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
  sessions = await fillServer(server)
}, 60_000)
afterAll(() => server.stop())

describe('the life of a dream', () => {
  it('copies the input store, changes the copy and completes', async () => {
    const store = await makeStore(client)
    const made = await client.beta.dreams.create({
      inputs: inputsOf(store, sessions.slice(0, 40)),
      model: 'lucidream-builtin',
    })
    console.log(made)
    const stop = startWorker(server.context)
    const dream = await waitForEnd(client, made.id)
    await stop()
    console.log(JSON.stringify(dream).slice(0, 300), JSON.stringify(dream.error))
    const { listEvents } = await import('../../src/storage/session-events.ts')
    const page = await server.context.database.read((r) =>
      listEvents(r, { sessionId: dream.session_id as never, limit: 100 }),
    )
    for (const e of page.events) console.log(JSON.stringify(e.body).slice(0, 400))
    expect(dream.status).toBe('completed')
  }, 60_000)
})
