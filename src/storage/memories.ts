import { DomainError } from '../core/errors.ts'
import { type DreamId, type MemoryId, type MemoryStoreId, makeId } from '../core/ids.ts'
import type { Memory } from '../core/memory.ts'
import type { Reader, Writer } from './database.ts'
import { insertMemoryVersion } from './memory-versions.ts'

export interface NewMemory {
  readonly storeId: MemoryStoreId
  readonly path: string
  readonly content: string
  /** The dream that wrote it, when one did. */
  readonly dreamId?: DreamId
}

export interface MemoryUpdate {
  readonly id: MemoryId
  readonly content: string
  /** The hash of the content that the update is based on; another one stored means a conflict. */
  readonly expectedSha256: string
  readonly dreamId?: DreamId
}

export type MemoryDeletion = Omit<MemoryUpdate, 'content'>

/** Every live memory of the store with its content, in path order by code unit. */
export async function listMemories(reader: Reader, storeId: MemoryStoreId): Promise<Memory[]> {
  const memories = await selectLive(reader).where('memories.store_id', '=', storeId).execute()
  // Not in SQL: databases order text by code point, or by a locale.
  return memories.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

export async function findMemory(reader: Reader, id: MemoryId): Promise<Memory | null> {
  return (await selectLive(reader).where('memories.id', '=', id).executeTakeFirst()) ?? null
}

export async function getMemory(reader: Reader, id: MemoryId): Promise<Memory> {
  const memory = await findMemory(reader, id)
  if (!memory) throw new DomainError('not_found', `There is no memory ${id}.`)
  return memory
}

export async function findMemoryByPath(
  reader: Reader,
  { storeId, path }: Pick<Memory, 'storeId' | 'path'>,
): Promise<Memory | null> {
  const memory = await selectLive(reader)
    .where('memories.store_id', '=', storeId)
    .where('memories.path', '=', path)
    .executeTakeFirst()
  return memory ?? null
}

export async function getMemoryByPath(
  reader: Reader,
  wanted: Pick<Memory, 'storeId' | 'path'>,
): Promise<Memory> {
  const memory = await findMemoryByPath(reader, wanted)
  if (memory) return memory
  throw new DomainError('not_found', `Memory store ${wanted.storeId} has no ${wanted.path}.`)
}

/** The first version of a new memory. A path in use is a conflict; one that was deleted may be used again. */
export async function insertMemory(writer: Writer, given: NewMemory): Promise<Memory> {
  const { storeId, path, content, dreamId = null } = given
  refuseNul(path, content)
  if (await findMemoryByPath(writer, { storeId, path })) {
    throw new DomainError('conflict', `Memory store ${storeId} already has a memory at ${path}.`)
  }
  const id = makeId('mem', writer.hash, [
    storeId,
    path,
    String(await countEver(writer, storeId, path)),
  ])
  const contentSha256 = writer.hash(content)
  const sizeBytes = Buffer.byteLength(content)
  const versionId = makeId('memver', writer.hash, [id, '0'])
  await writer.write
    .insertInto('memories')
    .values({
      id,
      store_id: storeId,
      path,
      version_id: versionId,
      content_sha256: contentSha256,
      content_size_bytes: sizeBytes,
      created_at: writer.at,
      updated_at: writer.at,
      deleted_at: null,
    })
    .execute()
  await insertMemoryVersion(writer, {
    id: versionId,
    memoryId: id,
    storeId,
    ordinal: 0,
    operation: 'created',
    path,
    content,
    dreamId,
  })
  return { id, storeId, versionId, path, content, contentSha256 }
}

/** A new version as the head. Content that is the head's already makes none and succeeds. */
export async function updateMemory(writer: Writer, given: MemoryUpdate): Promise<Memory> {
  const head = await getMemory(writer, given.id)
  if (head.content === given.content) return head
  refuseStale(head, given.expectedSha256)
  const { id, storeId, path } = head
  const { content, dreamId = null } = given
  refuseNul(path, content)
  const ordinal = await countVersions(writer, id)
  const versionId = makeId('memver', writer.hash, [id, String(ordinal)])
  const contentSha256 = writer.hash(content)
  await insertMemoryVersion(writer, {
    id: versionId,
    memoryId: id,
    storeId,
    ordinal,
    operation: 'modified',
    path,
    content,
    dreamId,
  })
  await writer.write
    .updateTable('memories')
    .set({
      version_id: versionId,
      content_sha256: contentSha256,
      content_size_bytes: Buffer.byteLength(content),
      updated_at: writer.at,
    })
    .where('id', '=', id)
    .execute()
  return { id, storeId, versionId, path, content, contentSha256 }
}

/** A version that says so; the memory leaves every list, its versions stay. */
export async function deleteMemory(writer: Writer, given: MemoryDeletion): Promise<void> {
  const head = await getMemory(writer, given.id)
  refuseStale(head, given.expectedSha256)
  const ordinal = await countVersions(writer, head.id)
  const versionId = makeId('memver', writer.hash, [head.id, String(ordinal)])
  await insertMemoryVersion(writer, {
    id: versionId,
    memoryId: head.id,
    storeId: head.storeId,
    ordinal,
    operation: 'deleted',
    path: head.path,
    content: null,
    dreamId: given.dreamId ?? null,
  })
  await writer.write
    .updateTable('memories')
    .set({ version_id: versionId, updated_at: writer.at, deleted_at: writer.at })
    .where('id', '=', head.id)
    .execute()
}

/** Stored, it would be another text than the one that was hashed; no document has it. */
function refuseNul(path: string, content: string): void {
  if (!path.includes('\0') && !content.includes('\0')) return
  throw new DomainError(
    'invalid_argument',
    `Memory ${path.replaceAll('\0', '\ufffd')} holds the character U+0000, which no memory may; remove it.`,
  )
}

function refuseStale(head: Memory, expectedSha256: string): void {
  if (head.contentSha256 === expectedSha256) return
  throw new DomainError(
    'conflict',
    `Memory ${head.path} changed meanwhile: its content hash is ${head.contentSha256}, the write was based on ${expectedSha256}. Read it again and repeat the change.`,
  )
}

function selectLive(reader: Reader) {
  return (
    reader.read
      .selectFrom('memories')
      .innerJoin('memory_versions', 'memory_versions.id', 'memories.version_id')
      .select([
        'memories.id',
        'memories.store_id as storeId',
        'memories.version_id as versionId',
        'memories.path',
        'memories.content_sha256 as contentSha256',
      ])
      // The head of a live memory is never redacted and always has content.
      .select((select) => select.ref('memory_versions.content').$notNull().as('content'))
      .where('memories.deleted_at', 'is', null)
  )
}

/** Memories that ever stood at the path: each incarnation gets an id of its own. */
async function countEver(reader: Reader, storeId: MemoryStoreId, path: string): Promise<number> {
  const { count } = await reader.read
    .selectFrom('memories')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('store_id', '=', storeId)
    .where('path', '=', path)
    .executeTakeFirstOrThrow()
  return count
}

async function countVersions(reader: Reader, id: MemoryId): Promise<number> {
  const { count } = await reader.read
    .selectFrom('memory_versions')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('memory_id', '=', id)
    .executeTakeFirstOrThrow()
  return count
}
