import { describe, expect, test } from 'vitest'
import type { AgentId, EnvironmentId, FileId } from '../core/ids.ts'
import { hash, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import {
  archiveAgent,
  findAgent,
  getAgent,
  insertAgent,
  insertImportedAgent,
  listAgents,
  listAgentVersions,
  nameImportedAgent,
  updateAgent,
} from './agents.ts'
import {
  archiveEnvironment,
  deleteEnvironment,
  findEnvironment,
  importedEnvironment,
  insertEnvironment,
  listEnvironments,
} from './environments.ts'
import {
  appendFileChunk,
  beginFile,
  completeFile,
  deleteFile,
  discardFile,
  findFile,
  findFileChunk,
  listFiles,
  listStagedFiles,
} from './files.ts'

/** Agents, environments and files. */
export function describeStoredObjects(fresh: Fresh): void {
  describe('agents', () => describeAgents(fresh))
  describe('environments', () => describeEnvironments(fresh))
  describe('files', () => describeFiles(fresh))
}

function describeAgents(fresh: Fresh): void {
  const id = 'agent_one' as AgentId

  test('every version stays readable; an update from an old version is refused', async () => {
    const database = fresh.database()
    await write(database, (writer) => insertAgent(writer, { id, body: { name: 'a' } }))
    fresh.time.ms += 1_000
    await write(database, (writer) => updateAgent(writer, { id, from: 1, body: { name: 'b' } }))
    await expect(
      write(database, (writer) => updateAgent(writer, { id, from: 1, body: { name: 'c' } })),
    ).rejects.toMatchObject({ code: 'conflict' })
    await database.read(async (reader) => {
      expect(await getAgent(reader, id)).toMatchObject({ version: 2, body: { name: 'b' } })
      expect(await getAgent(reader, id, 1)).toMatchObject({ version: 1, body: { name: 'a' } })
      expect(await findAgent(reader, id, 3)).toBeNull()
      const versions = await listAgentVersions(reader, { id, limit: 10 })
      expect(versions.map(({ version }) => version)).toEqual([2, 1])
    })
  })

  test('an archived agent is read-only and listed only on request', async () => {
    const database = fresh.database()
    await write(database, (writer) => insertAgent(writer, { id, body: {} }))
    const archived = await write(database, (writer) => archiveAgent(writer, id))
    expect(archived.archivedAt).not.toBeNull()
    await expect(
      write(database, (writer) => updateAgent(writer, { id, from: 1, body: {} })),
    ).rejects.toMatchObject({ code: 'conflict' })
    await database.read(async (reader) => {
      expect(await listAgents(reader, { includeArchived: 'no', limit: 9 })).toEqual([])
      expect(await listAgents(reader, { includeArchived: 'yes', limit: 9 })).toEqual([archived])
    })
  })

  test('the agent of imported sessions is made once, under a name made of what they say', async () => {
    const database = fresh.database()
    const snapshot = { name: 'clerk', version: null, model: 'm' }
    const named = nameImportedAgent(hash, snapshot)
    expect(named).not.toBe(nameImportedAgent(hash, { ...snapshot, version: 'null' }))
    const made = () => write(database, (writer) => insertImportedAgent(writer, snapshot))
    expect(await made()).toMatchObject({ id: named, version: 1, body: { name: 'clerk' } })
    expect(await made()).toBeNull()
  })
}

function describeEnvironments(fresh: Fresh): void {
  const id = 'env_one' as EnvironmentId
  const given = {
    id,
    name: 'e',
    description: null,
    metadata: { a: 'b' },
    config: { type: 'cloud' },
  }

  test('an environment comes back as it was stored, and is gone when deleted', async () => {
    const database = fresh.database()
    await write(database, (writer) => insertEnvironment(writer, given))
    expect(await database.read((reader) => findEnvironment(reader, id))).toMatchObject(given)
    await write(database, (writer) => archiveEnvironment(writer, id))
    const list = (includeArchived: 'yes' | 'no') =>
      database.read((reader) => listEnvironments(reader, { includeArchived, limit: 9 }))
    expect((await list('no')).map((one) => one.id)).toEqual([importedEnvironment])
    expect((await list('yes')).map((one) => one.id)).toContain(id)
    await write(database, (writer) => deleteEnvironment(writer, id))
    expect(await database.read((reader) => findEnvironment(reader, id))).toBeNull()
  })
}

function describeFiles(fresh: Fresh): void {
  const id = 'file_one' as FileId
  const begin = { id, filename: 'a.bin', mimeType: 'application/octet-stream', scopeId: 'sesn_a' }

  test('a file is seen when it is complete, and its bytes come back chunk by chunk', async () => {
    const database = fresh.database()
    const chunks = [new Uint8Array([0, 1, 255]), new Uint8Array([7])]
    await database.scratch(async (scratch) => {
      await beginFile(scratch, begin)
      for (const [chunk, data] of chunks.entries()) {
        await appendFileChunk(scratch, { id, chunk, data })
      }
    })
    expect(await database.read((reader) => findFile(reader, id))).toBeNull()
    await write(database, (writer) =>
      completeFile(writer, { id, sizeBytes: 4, sha256: 'x', expiresAt: null }),
    )
    await database.read(async (reader) => {
      expect(await findFile(reader, id)).toMatchObject({ sizeBytes: 4, filename: 'a.bin' })
      for (const [chunk, data] of chunks.entries()) {
        expect(new Uint8Array((await findFileChunk(reader, { id, chunk })) ?? [])).toEqual(data)
      }
      expect(await findFileChunk(reader, { id, chunk: 2 })).toBeNull()
      expect(await listFiles(reader, { scopeId: 'sesn_a', limit: 9 })).toHaveLength(1)
      expect(await listFiles(reader, { scopeId: 'sesn_b', limit: 9 })).toEqual([])
      expect(await listFiles(reader, { ids: [id, 'file_no' as FileId], limit: 9 })).toHaveLength(1)
    })
    await database.scratch((scratch) => discardFile(scratch, id))
    await write(database, (writer) => deleteFile(writer, id))
    expect(await database.read((reader) => findFile(reader, id))).toBeNull()
  })

  test('an upload that broke off is found by its age and leaves nothing', async () => {
    const database = fresh.database()
    await database.scratch(async (scratch) => {
      await beginFile(scratch, begin)
      await appendFileChunk(scratch, { id, chunk: 0, data: new Uint8Array([1]) })
    })
    const later = '2027-01-01T00:00:00.000Z'
    const found = await database.read((reader) => listStagedFiles(reader, later))
    expect(found).toEqual([id])
    await database.scratch((scratch) => discardFile(scratch, id))
    expect(await database.read((reader) => listStagedFiles(reader, later))).toEqual([])
    expect(await database.read((reader) => findFileChunk(reader, { id, chunk: 0 }))).toBeNull()
  })
}
