import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MemoryStoreId } from '../src/core/ids.ts'
import { readMemoryFolder } from '../src/pipeline/memory-folder.ts'
import { mirrorFolder } from '../src/pipeline/memory-store.ts'
import { listMemories } from '../src/storage/memories.ts'
import { archiveMemoryStore, deleteMemoryStore } from '../src/storage/memory-stores.ts'
import { startTestServer, type TestServer } from './_server.ts'

let server: TestServer
let folder: string
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lucidream-mirror-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const actor = { type: 'user', id: 'test' } as const

async function mirror(): Promise<{ storeId: MemoryStoreId; paths: string[]; leftOut: string[] }> {
  const { context } = server
  const read = await readMemoryFolder(folder, context.hash)
  const storeId = await mirrorFolder(context, read, actor)
  const memories = await context.database.read((reader) => listMemories(reader, storeId))
  return {
    storeId,
    paths: memories.map(({ path }) => path),
    leftOut: read.leftOut.map(({ reason }) => reason),
  }
}

describe('the mirror of a folder', () => {
  it('follows a file that becomes a folder, and a folder that becomes a file', async () => {
    writeFileSync(join(folder, 'a.md'), 'file')
    expect((await mirror()).paths).toEqual(['/a.md'])
    rmSync(join(folder, 'a.md'))
    mkdirSync(join(folder, 'a.md'))
    writeFileSync(join(folder, 'a.md', 'b.md'), 'deeper')
    expect((await mirror()).paths).toEqual(['/a.md/b.md'])
    rmSync(join(folder, 'a.md'), { recursive: true })
    writeFileSync(join(folder, 'a.md'), 'file again')
    expect((await mirror()).paths).toEqual(['/a.md'])
  })

  it('leaves out what a memory cannot be, and says why', async () => {
    writeFileSync(join(folder, 'good.md'), 'text')
    writeFileSync(join(folder, 'soft\u00adhyphen.md'), 'text')
    writeFileSync(join(folder, 'binary.md'), 'a\0b')
    writeFileSync(join(folder, 'é.md'), 'composed')
    writeFileSync(join(folder, 'e\u0301.md'), 'decomposed')
    const { paths, leftOut } = await mirror()
    expect(paths).toEqual(['/good.md', '/é.md'])
    expect(leftOut.join('\n')).toContain('U+00AD')
    expect(leftOut.join('\n')).toContain('U+0000')
    expect(leftOut.join('\n')).toContain('spelt in other code points')
  })

  it('is made anew where its store was archived or deleted, and never takes an id twice', async () => {
    writeFileSync(join(folder, 'a.md'), 'text')
    const ids = new Set<MemoryStoreId>()
    for (const close of [archiveMemoryStore, deleteMemoryStore, archiveMemoryStore]) {
      const { storeId, paths } = await mirror()
      expect(paths).toEqual(['/a.md'])
      ids.add(storeId)
      await server.context.database.write(actor, async (writer) => {
        await close(writer, storeId)
        await writer.audit({ action: 'x.closed', objectType: 'memory_store', objectId: storeId })
      })
    }
    expect(ids.size).toBe(3)
  })
})
