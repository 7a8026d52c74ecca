import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runImportJob } from '../../src/pipeline/import-job.ts'
import { airlineTranscripts } from '../_airline.ts'
import { asking } from '../_dreamt.ts'
import { startTestServer, type TestServer } from '../_server.ts'

let server: TestServer
let roots: string
let get: ReturnType<typeof asking>['get']
let refused: ReturnType<typeof asking>['refused']
beforeAll(async () => {
  roots = mkdtempSync(join(tmpdir(), 'lucidream-roots-'))
  mkdirSync(join(roots, 'inside'))
  writeFileSync(join(roots, 'inside', 'chat.json'), chat('inside'))
  symlinkSync(resolve('data'), join(roots, 'leads-out'))
  server = await startTestServer({ importRoots: [roots] })
  ;({ get, refused } = asking(server))
})
afterAll(async () => {
  await server.stop()
  rmSync(roots, { recursive: true, force: true })
})

/** One conversation, told apart by its words. */
const chat = (words: string) =>
  JSON.stringify([
    { role: 'user', content: `Please help me with ${words}.` },
    { role: 'assistant', content: `Done: ${words}.` },
  ])

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
type Json = any

async function post(path: string, init: RequestInit): Promise<{ status: number; body: Json }> {
  const response = await server.fetch(path, { method: 'POST', ...init })
  return { status: response.status, body: await response.json() }
}
const upload = (body: NonNullable<RequestInit['body']>, query = '') =>
  post(`/lucid/v1/imports${query}`, { body })
const fromPath = (path: string, headers: Record<string, string> = {}) =>
  post('/lucid/v1/imports', {
    body: JSON.stringify({ path }),
    headers: { 'content-type': 'application/json', ...headers },
  })

/** Does the imports that wait, as a worker would. */
async function work(): Promise<void> {
  const { jobs } = server.context
  for (;;) {
    const job = await jobs.claim({ owner: 'test', leaseMs: 60_000, kinds: ['import'] })
    if (!job) return
    await runImportJob(server.context, job)
  }
}

const ended = async (id: string) => {
  await work()
  for (;;) {
    const found = await get(`/lucid/v1/imports/${id}`)
    if (found.ended_at !== null) return found
    await new Promise((done) => setTimeout(done, 50))
  }
}

describe('an import of an upload', () => {
  it('is stored before it is answered, done by a job, and told as the command line tells it', async () => {
    const name = 'gpt-4o-airline.json.gz'
    const bytes = readFileSync(join(airlineTranscripts, name))
    const { status, body } = await upload(new Uint8Array(bytes), `?name=${name}`)
    expect({ status, ...body }).toMatchObject({
      status: 200,
      type: 'import',
      state: 'queued',
      source: 'upload',
      name,
      bytes: bytes.length,
      repeated: false,
    })
    const done = await ended(body.id)
    expect(done).toMatchObject({ state: 'completed', error: null })
    const [file] = done.result.files
    expect(file).toMatchObject({ path: name, error: null })
    expect(file.sessions).toBeGreaterThan(10)
    expect(done.result.totals).toMatchObject({ files: 1, sessions: file.sessions })
    expect(done.progress).toMatchObject({ bytes_done: bytes.length, sessions: file.sessions })
  })

  it('takes a multipart part named file', async () => {
    const form = new FormData()
    form.set('file', new Blob([chat('multipart')]), 'chat.json')
    const { body } = await upload(form)
    expect(body).toMatchObject({ name: 'chat.json', state: 'queued' })
    expect((await ended(body.id)).result.totals).toMatchObject({ sessions: 1, added: 1 })
  })

  it('of the same bytes is the import that there is, and says so', async () => {
    const first = await upload(chat('twice'))
    const second = await upload(chat('twice'))
    expect(second.body).toMatchObject({ id: first.body.id, repeated: true })
    await ended(first.body.id)
    expect((await upload(chat('twice'))).body).toMatchObject({ state: 'completed', repeated: true })
  })

  it('that is no transcript fails and says why', async () => {
    const { body } = await upload('neither this nor that', '?name=notes.txt')
    const done = await ended(body.id)
    expect(done).toMatchObject({ state: 'failed' })
    expect(done.result.files[0]).toMatchObject({
      path: 'notes.txt',
      error: { code: 'file_not_transcript', message: expect.stringContaining('notes.txt') },
    })
  })

  it('that waits can be canceled, once', async () => {
    const { body } = await upload(chat('canceled'))
    const path = `/lucid/v1/imports/${body.id}/cancel`
    expect((await post(path, {})).body).toMatchObject({ state: 'canceled' })
    expect((await post(path, {})).status).toBe(409)
    await work()
    expect(await get(`/lucid/v1/imports/${body.id}`)).toMatchObject({
      state: 'canceled',
      result: null,
    })
  })

  it('that is empty or has a bad name is refused, and nothing is left of it', async () => {
    expect((await upload('')).status).toBe(400)
    expect((await upload('x', `?name=${'x'.repeat(256)}`)).status).toBe(400)
    const form = new FormData()
    form.set('other', new Blob(['x']))
    expect((await upload(form)).status).toBe(400)
    const { data } = await get('/v1/files')
    expect(data).toEqual([])
  })

  it('needs the scope ingest', async () => {
    const key = await server.makeKey('review', 'memory:write')
    const headers = { 'x-api-key': key }
    expect(await refused('/lucid/v1/imports', { headers })).toMatchObject({ status: 403 })
    const init = { method: 'POST', body: 'x', headers }
    expect(await refused('/lucid/v1/imports', init)).toMatchObject({ status: 403 })
  })

  it('is listed, newest first, in pages and by state', async () => {
    const all = await get('/lucid/v1/imports?limit=100')
    const first = await get('/lucid/v1/imports?limit=2')
    const page = encodeURIComponent(first.next_page)
    const second = await get(`/lucid/v1/imports?limit=2&page=${page}`)
    expect([...first.data, ...second.data]).toEqual(all.data.slice(0, 4))
    const failed = await get('/lucid/v1/imports?state=failed')
    expect(failed.data.map((one: Json) => one.state)).toEqual(['failed'])
    expect(await refused('/lucid/v1/imports/imp_no')).toMatchObject({ status: 404 })
  })
})

describe('an import of a path of the server', () => {
  it('reads a folder under one of the roots', async () => {
    const { status, body } = await fromPath(join(roots, 'inside'))
    expect({ status, source: body.source }).toEqual({ status: 200, source: 'path' })
    expect((await ended(body.id)).result.totals).toMatchObject({ files: 1, sessions: 1 })
  })

  it('is refused outside of them, whatever leads there', async () => {
    const outside = [
      '/etc/passwd',
      resolve('data'),
      join(roots, '..'),
      join(roots, 'inside', '..', '..'),
      join(roots, 'leads-out'),
      join(roots, 'leads-out', 'airline'),
      join(roots, 'nothing-here'),
      `${roots}-beside`,
      'inside',
      'a\0b',
    ]
    for (const path of outside) {
      const { status } = await fromPath(path)
      expect([400, 403]).toContain(status)
    }
  })

  it('is for administrators alone', async () => {
    const key = await server.makeKey('ingest')
    expect((await fromPath(join(roots, 'inside'), { 'x-api-key': key })).status).toBe(403)
  })

  it('is refused where it was exchanged for a link meanwhile', async () => {
    const path = join(roots, 'swapped')
    mkdirSync(path)
    const { body } = await fromPath(path)
    rmSync(path, { recursive: true })
    symlinkSync(resolve('data'), path)
    expect(await ended(body.id)).toMatchObject({ state: 'failed', error: { code: 'path_outside' } })
  })
})
