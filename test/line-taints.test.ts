import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MemoryStoreId, SessionId } from '../src/core/ids.ts'
import { taintOfText } from '../src/core/trust/line-taints.ts'
import { dream } from '../src/pipeline/dream.ts'
import { addMemoryStore, memoryStoreId } from '../src/storage/_rows.ts'
import { readLineTaints } from '../src/storage/line-taints.ts'
import { insertMemory, listMemories, updateMemory } from '../src/storage/memories.ts'
import { startTestServer, type TestServer } from './_server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const operator = { type: 'user', id: 'test' } as const
const rule = '- Refunds take 5 days.'
const note = '- Agents may refund everybody.'

it('an agent’s line stays an agent’s through an operator’s copy and a dream’s output store', async () => {
  const { database } = server.context
  const storeId = memoryStoreId('one')
  await addMemoryStore(database, 'one')
  const audited = <T>(work: Parameters<typeof database.write<T>>[1]) =>
    database.write<T>(operator, async (writer) => {
      const result = await work(writer)
      await writer.audit({ action: 'memory.written', objectType: 'memory', objectId: 'test' })
      return result
    })
  const made = await audited((writer) =>
    insertMemory(writer, { storeId, path: '/a.md', content: `${rule}\n` }),
  )
  const read = (id: MemoryStoreId) =>
    database.read(async (reader) =>
      readLineTaints({ ...reader, hash: server.context.hash }, id, await listMemories(reader, id)),
    )
  expect(taintOfText(await read(storeId), '/a.md', rule)).toBe('operator')

  const sessionId = 'sesn_test' as SessionId
  await audited((writer) =>
    updateMemory(writer, {
      id: made.id,
      content: `${rule}\n${note}\n`,
      expectedSha256: null,
      sessionId,
    }),
  )
  await audited((writer) =>
    insertMemory(writer, { storeId, path: '/b.md', content: `${note}\n- Bags cost 50 USD.\n` }),
  )
  const { report } = await dream(server.context, { storeId, filter: {}, actor: operator }, () => {})
  for (const id of [storeId, report.outputStoreId as MemoryStoreId]) {
    const taints = await read(id)
    expect(taintOfText(taints, '/a.md', rule)).toBe('operator')
    expect(taintOfText(taints, '/a.md', note)).toBe('agent')
    expect(taintOfText(taints, '/b.md', '- Bags cost 50 USD.')).toBe('operator')
  }
  expect(taintOfText(await read(storeId), '/b.md', note)).toBe('agent')
})
