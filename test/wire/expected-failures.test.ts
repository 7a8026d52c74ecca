import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { ingest } from './_sessions.ts'

interface Gap {
  readonly call: string
  readonly body?: object
  readonly status: number
  readonly reason: string
}

const gaps = JSON.parse(
  readFileSync(new URL('expected-failures.json', import.meta.url), 'utf8'),
) as Gap[]

let server: TestServer
const known: Record<string, string> = {}
beforeAll(async () => {
  server = await startTestServer()
  known.session = (await ingest(server, 'gaps')).id
  const client = server.client()
  const config = { type: 'self_hosted' as const }
  known.environment = (await client.beta.environments.create({ name: 'gaps', config })).id
})
afterAll(() => server.stop())

describe('what of the reference is not there yet', () => {
  it.each(gaps)('$call is refused with $status: $reason', async ({ call, body, status }) => {
    const [method = '', path = ''] = call
      .replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '')
      .split(' ')
    const given = body ? { body: JSON.stringify(body) } : {}
    const response = await server.fetch(path, { method, ...given })
    expect(response.status, 'it works now: take its line out of expected-failures.json').toBe(
      status,
    )
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { message: expect.any(String) },
    })
  })
})
