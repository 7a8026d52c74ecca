import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const errorOf = async (response: Response) => {
  const body = (await response.json()) as { error: { type: string; message: string } }
  return { status: response.status, ...body.error }
}

const createKey = (body: unknown, init: RequestInit = {}) =>
  server.fetch('/lucid/v1/api_keys', { method: 'POST', body: JSON.stringify(body), ...init })

describe('a request', () => {
  it('carries a key as Bearer or as x-api-key, of which neither is preferred', async () => {
    for (const headers of [
      { authorization: `Bearer ${server.key}` },
      { 'x-api-key': server.key },
    ]) {
      const response = await fetch(`${server.url}/lucid/v1/api_keys`, { headers })
      expect(response.status).toBe(200)
    }
  })

  it('without a key, with an unknown one or with two is refused with 401', async () => {
    const refused: Record<string, string>[] = [
      {},
      { 'x-api-key': 'sk-lucid-unknown' },
      { 'x-api-key': 'x'.repeat(5_000) },
      { authorization: `Bearer ${server.key}`, 'x-api-key': 'other' },
    ]
    for (const headers of refused) {
      const response = await fetch(`${server.url}/lucid/v1/api_keys`, { headers })
      expect(await errorOf(response)).toMatchObject({ status: 401, type: 'authentication_error' })
    }
  })

  it('with a key of another scope is refused with 403, and the message names the scopes', async () => {
    const key = await server.makeKey('memory:read')
    const response = await createKey(
      { name: 'x', scopes: ['admin'] },
      { headers: { 'x-api-key': key } },
    )
    expect(await errorOf(response)).toMatchObject({
      status: 403,
      type: 'permission_error',
      message: expect.stringContaining('admin'),
    })
  })

  it('of another workspace than the key’s is refused', async () => {
    const headers = { 'anthropic-workspace-id': 'wrkspc_other' }
    expect((await server.fetch('/lucid/v1/api_keys', { headers })).status).toBe(403)
  })

  it('gets a request id, whatever becomes of it', async () => {
    for (const path of ['/lucid/v1/api_keys', '/nowhere', '/livez']) {
      expect((await server.fetch(path)).headers.get('request-id')).toMatch(/^req_/)
    }
  })

  it('that is not understood names the field and the limit, and writes nothing', async () => {
    const before = await (await server.fetch('/lucid/v1/api_keys')).json()
    const bad: [body: string, says: string][] = [
      ['{"name":"","scopes":["admin"]}', 'name: at least 1'],
      ['{"name":"a","scopes":["root"]}', 'scopes.0'],
      [`{"name":"${'a'.repeat(256)}","scopes":["admin"]}`, 'at most 255'],
      ['{"name":"a\\ud800","scopes":["admin"]}', 'surrogate'],
      ['{"name":', 'not JSON'],
      ['[]', 'expected object'],
      ['['.repeat(100_000), 'nests deeper'],
    ]
    for (const [body, says] of bad) {
      const response = await server.fetch('/lucid/v1/api_keys', { method: 'POST', body })
      expect(await errorOf(response)).toMatchObject({
        status: 400,
        type: 'invalid_request_error',
        message: expect.stringContaining(says),
      })
    }
    expect(await (await server.fetch('/lucid/v1/api_keys')).json()).toEqual(before)
  })

  it('larger than 32 MiB is refused with 413', async () => {
    const response = await createKey('x'.repeat(33 * 1024 * 1024))
    expect(await errorOf(response)).toMatchObject({ status: 413, type: 'request_too_large' })
  })

  it('to a path that is not there gets a 404 in the same envelope', async () => {
    expect(await errorOf(await server.fetch('/v1/nothing'))).toMatchObject({
      status: 404,
      type: 'not_found_error',
    })
  })
})

describe('an API key', () => {
  it('is shown once, works until it is revoked, and is stored as a hash only', async () => {
    const created = (await (
      await createKey({ name: 'ci', scopes: ['ingest', 'admin'] })
    ).json()) as {
      id: string
      key: string
    }
    const list = () =>
      fetch(`${server.url}/lucid/v1/api_keys`, { headers: { 'x-api-key': created.key } })
    const listed = await (await list()).text()
    expect(listed).toContain(created.id)
    expect(listed).not.toContain(created.key)
    await server.fetch(`/lucid/v1/api_keys/${created.id}/revoke`, { method: 'POST' })
    expect((await list()).status).toBe(401)
  })

  it('that expired is refused', async () => {
    const body = { name: 'old', scopes: ['admin'], expires_at: '2020-01-01T00:00:00Z' }
    const { key } = (await (await createKey(body)).json()) as { key: string }
    const response = await fetch(`${server.url}/lucid/v1/api_keys`, {
      headers: { 'x-api-key': key },
    })
    expect(await errorOf(response)).toMatchObject({
      status: 401,
      message: expect.stringContaining('expired'),
    })
  })
})

describe('limits and strict rules', () => {
  it('a key that asks too often gets 429 with the time to wait', async () => {
    const limited = await startTestServer({ readsPerMinute: 2 })
    try {
      const answers = []
      for (let i = 0; i < 3; i += 1) answers.push(await limited.fetch('/lucid/v1/api_keys'))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
      expect(answers[0]?.headers.get('anthropic-ratelimit-requests-remaining')).toBe('1')
      expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      await limited.stop()
    }
  })

  it('a strict server refuses fields that nobody knows, a lenient one ignores them', async () => {
    const strict = await startTestServer({ strict: true })
    try {
      const body = JSON.stringify({ name: 'x', scopes: ['admin'], colour: 'red' })
      const refused = await strict.fetch('/lucid/v1/api_keys', { method: 'POST', body })
      expect(await errorOf(refused)).toMatchObject({
        status: 400,
        message: expect.stringContaining('colour'),
      })
      expect((await server.fetch('/lucid/v1/api_keys', { method: 'POST', body })).status).toBe(200)
    } finally {
      await strict.stop()
    }
  })
})

describe('for operators', () => {
  it('the probes answer without a key, metrics and the OpenAPI document say what there is', async () => {
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
    expect(await (await server.fetch('/metrics')).text()).toContain('lucidream_http_requests_total')
    const document = await (await server.fetch('/openapi.json')).json()
    expect(document).toMatchObject({
      openapi: '3.1.0',
      paths: { '/lucid/v1/api_keys': { post: { requestBody: expect.anything() } } },
    })
  })
})
