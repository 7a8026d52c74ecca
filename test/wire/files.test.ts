import { createHash } from 'node:crypto'
import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFileChunk, listStagedFiles } from '../../src/storage/files.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { refusalOf } from './_memory.ts'
import { collect } from './_sessions.ts'

let server: TestServer
let client: Anthropic
const time = { ms: Date.parse('2026-11-25T00:00:00Z') }
beforeAll(async () => {
  server = await startTestServer({}, () => time.ms)
  client = server.client()
})
afterAll(() => server.stop())

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A body as a client writes it by hand, to break its rules. */
function upload(body: string | ReadableStream, type = 'multipart/form-data; boundary=b') {
  const init = { method: 'POST', body, headers: { 'content-type': type }, duplex: 'half' }
  return server.fetch('/v1/files', init as RequestInit)
}

const part = (name: string, content: string, more = '') =>
  `--b\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`

const staged = () =>
  server.context.database.read((reader) => listStagedFiles(reader, '9999-01-01T00:00:00.000Z'))

describe('a file', () => {
  it('comes back byte for byte, whatever its size, in rows of at most a mebibyte', async () => {
    for (const size of [0, 1, 1_048_576, 3_500_000]) {
      const bytes = new Uint8Array(size).map((_, index) => (index * 31) % 251)
      const file = await client.beta.files.upload({
        file: new File([bytes], 'data.bin', { type: 'application/x-thing' }),
      })
      expect(file).toMatchObject({
        type: 'file',
        filename: 'data.bin',
        mime_type: 'application/x-thing',
        size_bytes: size,
        downloadable: true,
        expires_at: null,
        scope: null,
      })
      const response = await client.beta.files.download(file.id)
      expect(response.headers.get('content-type')).toBe('application/x-thing')
      expect(response.headers.get('content-disposition')).toContain('attachment')
      expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(sha256(bytes))
      const chunk = await server.context.database.read((reader) =>
        findFileChunk(reader, { id: file.id as never, chunk: 0 }),
      )
      expect(chunk?.byteLength ?? 0).toBe(Math.min(size, 1_048_576))
      expect(await client.beta.files.retrieveMetadata(file.id)).toEqual(file)
    }
  })

  it('keeps the last part of its name only, and gets one where it has none', async () => {
    const named = async (more: string) =>
      ((await (await upload(`${part('file', 'x', more)}--b--\r\n`)).json()) as { filename: string })
        .filename
    expect(await named('; filename="../../etc/passwd"')).toBe('passwd')
    const plain = '; filename=""\r\ncontent-type: text/plain'
    expect(await named(plain)).toBe('unnamed.txt')
  })

  it('expires when it was told to: its bytes are gone, it is still known', async () => {
    const file = await client.beta.files.upload({
      file: new File(['x'], 'a.txt'),
      expires_in_seconds: 3_600,
    })
    expect(file.expires_at).toBe(new Date(time.ms + 3_600_000).toISOString())
    time.ms += 3_600_001
    expect(await refusalOf(client.beta.files.download(file.id))).toMatchObject({
      status: 404,
      details: { error_code: 'file_expired' },
    })
    expect((await client.beta.files.retrieveMetadata(file.id)).id).toBe(file.id)
    for (const expires_in_seconds of [3_599, 7_776_001, 1.5]) {
      const asked = client.beta.files.upload({ file: new File(['x'], 'a'), expires_in_seconds })
      expect(await refusalOf(asked)).toMatchObject({ status: 400 })
    }
    expect(await staged()).toEqual([])
  })

  it('that is deleted is gone', async () => {
    const { id } = await client.beta.files.upload({ file: new File(['x'], 'a.txt') })
    expect(await client.beta.files.delete(id)).toEqual({ id, type: 'file_deleted' })
    for (const ask of [
      () => client.beta.files.retrieveMetadata(id),
      () => client.beta.files.download(id),
      () => client.beta.files.delete(id),
    ]) {
      expect(await refusalOf(ask())).toMatchObject({ status: 404 })
    }
  })
})

describe('an upload', () => {
  it('that is no upload, or breaks off, is refused and leaves nothing', async () => {
    const bad: [body: string, type?: string][] = [
      ['{}', 'application/json'],
      ['', 'multipart/form-data; boundary=b'],
      ['x', 'multipart/form-data'],
      [`${part('other', 'x', '; filename="a"')}--b--\r\n`],
      [part('file', 'x'.repeat(2_000_000), '; filename="a"')],
    ]
    for (const [body, type] of bad) expect((await upload(body, type)).status).toBe(400)
    expect(await staged()).toEqual([])
  })

  it('that its client gives up leaves nothing', async () => {
    const cut = new ReadableStream({
      start(controller) {
        controller.enqueue(
          new TextEncoder().encode(part('file', 'x'.repeat(3_000_000), '; filename="a"')),
        )
        setTimeout(() => controller.error(new Error('gone')), 50)
      },
    })
    await expect(upload(cut)).rejects.toThrow()
    await expect.poll(staged).toEqual([])
  })
})

describe('the list of files', () => {
  it('is newest first, by page or by ids, which leave out what is not there', async () => {
    const ids: string[] = []
    for (let index = 0; index < 3; index += 1) {
      time.ms += 1_000
      ids.push((await client.beta.files.upload({ file: new File(['x'], `${index}`) })).id)
    }
    const all = await collect(client.beta.files.list({ limit: 2 }))
    expect(all.slice(0, 3).map(({ id }) => id)).toEqual(ids.toReversed())
    const some = await client.beta.files.list({ ids: [ids[0] as string, 'file_no'] })
    expect(some.data.map(({ id }) => id)).toEqual([ids[0]])
    expect(some.next_page).toBeNull()
    expect((await client.beta.files.list({ scope_id: 'sesn_no' })).data).toEqual([])
    const both = client.beta.files.list({ ids, limit: 5 })
    expect(await refusalOf(both as never)).toMatchObject({ status: 400 })
    const many = client.beta.files.list({ ids: Array.from({ length: 101 }, (_, at) => `f${at}`) })
    expect(await refusalOf(many as never)).toMatchObject({ status: 400 })
  })
})
