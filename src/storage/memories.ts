import { DomainError } from '../core/errors.ts'
import {
  type DreamId,
  type MemoryId,
  type MemoryStoreId,
  makeId,
  type SessionId,
} from '../core/ids.ts'
import { findContentFault, type Memory, memoryLimits } from '../core/memory.ts'
import { behindPrefix, findPathFault, listAncestors } from '../core/memory-path.ts'
import type { Reader, Writer } from './database.ts'
import { voidEndorsements } from './endorsements.ts'
import { countMemoryIn, countMemoryOut, getOpenMemoryStore } from './memory-stores.ts'
import { insertMemoryVersion } from './memory-versions.ts'
import { indexMemory, unindexObject } from './search-index.ts'
import type { StoredMemory } from './stored-memory.ts'

/** What a version says beside its actor. */
interface Origin {
  /** The dream that wrote it, when one did. */
  readonly dreamId?: DreamId | undefined
  /** The session it was written in, when the actor is not that session itself: the own one of a dream. */
  readonly sessionId?: SessionId | undefined
}

export interface NewMemory extends Origin {
  readonly storeId: MemoryStoreId
  readonly path: string
  readonly content: string
}

export interface MemoryUpdate extends Origin {
  readonly id: MemoryId
  /** Left out or null: stays as it is. */
  readonly content?: string | null | undefined
  /** Left out or null: stays where it is. */
  readonly path?: string | null | undefined
  /** The hash of the content that the update is based on; another one stored is refused. Null: any. */
  readonly expectedSha256: string | null
}

export type MemoryDeletion = Omit<MemoryUpdate, 'content' | 'path'>

/** Every live memory of the store with its content, in path order by code unit. */
export async function listMemories(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<StoredMemory[]> {
  const memories = await selectLive(reader).where('memories.store_id', '=', storeId).execute()
  // Not in SQL: databases order text by code point, or by a locale.
  return memories.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

export async function findMemory(reader: Reader, id: MemoryId): Promise<StoredMemory | null> {
  return (await selectLive(reader).where('memories.id', '=', id).executeTakeFirst()) ?? null
}

export async function getMemory(reader: Reader, id: MemoryId): Promise<StoredMemory> {
  const memory = await findMemory(reader, id)
  if (!memory) throw new DomainError('not_found', `There is no memory ${id}.`)
  return memory
}

export async function findMemoryByPath(
  reader: Reader,
  { storeId, path }: Pick<Memory, 'storeId' | 'path'>,
): Promise<StoredMemory | null> {
  const memory = await selectLive(reader)
    .where('memories.store_id', '=', storeId)
    .where('memories.path', '=', path)
    .executeTakeFirst()
  return memory ?? null
}

export async function getMemoryByPath(
  reader: Reader,
  wanted: Pick<Memory, 'storeId' | 'path'>,
): Promise<StoredMemory> {
  const memory = await findMemoryByPath(reader, wanted)
  if (memory) return memory
  throw new DomainError('not_found', `Memory store ${wanted.storeId} has no ${wanted.path}.`)
}

/**
 * The first version of a new memory. A path that is in use, or that lies above or below one in use, is a
 * conflict; one that was freed may be used again.
 */
export async function insertMemory(writer: Writer, given: NewMemory): Promise<StoredMemory> {
  const { storeId, path, content } = given
  refuseFault(findPathFault(path))
  refuseFault(findContentFault(content))
  await getOpenMemoryStore(writer, storeId)
  const { live, ever } = await countMemoryIn(writer, storeId)
  await refuseOverlap(writer, { storeId, path, id: null })
  if (live > memoryLimits.memoriesPerStore) throw storeFull(storeId)
  const id = makeId('mem', writer.hash, [storeId, String(ever - 1)])
  const times = { createdAt: writer.at, updatedAt: writer.at }
  const nothing = { id, storeId, path, ...measure(writer, content), ...times, versionOrdinal: -1 }
  const head = nextHead(writer, nothing, {})
  await writer.write
    .insertInto('memories')
    .values({ id: head.id, store_id: storeId, created_at: writer.at, ...toColumns(head) })
    .execute()
  await insertMemoryVersion(writer, head, { operation: 'created', ...originOf(given) })
  await indexMemory(writer, head)
  return head
}

/**
 * A new version as the head. An update to what the head is already makes none; where it names the content it
 * succeeds whatever it was based on, so that a repeated request is answered as the first one was.
 */
export async function updateMemory(writer: Writer, given: MemoryUpdate): Promise<StoredMemory> {
  const head = await getMemory(writer, given.id)
  await getOpenMemoryStore(writer, head.storeId)
  const path = given.path ?? head.path
  const content = given.content ?? head.content
  refuseFault(findPathFault(path))
  refuseFault(findContentFault(content))
  const same = path === head.path && content === head.content
  if (same && typeof given.content === 'string') return head
  refuseStale(head, given.expectedSha256)
  if (same) return head
  if (path !== head.path) await refuseOverlap(writer, { ...head, path })
  const next = nextHead(writer, head, { path, ...measure(writer, content) })
  await insertMemoryVersion(writer, next, { operation: 'modified', ...originOf(given) })
  await writer.write
    .updateTable('memories')
    .set(toColumns(next))
    .where('id', '=', head.id)
    .execute()
  if (content !== head.content) await voidEndorsements(writer, { memoryId: head.id, content })
  await indexMemory(writer, next)
  return next
}

/** A version that says so; the memory leaves every list, its versions stay. Also in an archived store. */
export async function deleteMemory(writer: Writer, given: MemoryDeletion): Promise<void> {
  const head = await getMemory(writer, given.id)
  refuseStale(head, given.expectedSha256)
  const last = nextHead(writer, head, {})
  await insertMemoryVersion(writer, last, { operation: 'deleted', ...originOf(given) })
  await writer.write
    .updateTable('memories')
    .set({ ...toColumns(last), deleted_at: writer.at })
    .where('id', '=', head.id)
    .execute()
  await voidEndorsements(writer, { memoryId: head.id, content: null })
  await unindexObject(writer, { ownerId: head.storeId, objectId: head.id })
  await countMemoryOut(writer, head.storeId)
}

/** Times of one memory's versions never run backwards, whatever clocks do: lists are ordered by them. */
function nextHead(
  writer: Writer,
  head: Omit<StoredMemory, 'versionId'>,
  change: Partial<StoredMemory>,
): StoredMemory {
  const versionOrdinal = head.versionOrdinal + 1
  return {
    ...head,
    ...change,
    versionOrdinal,
    versionId: makeId('memver', writer.hash, [head.id, String(versionOrdinal)]),
    updatedAt: writer.at > head.updatedAt ? writer.at : head.updatedAt,
  }
}

const measure = (writer: Writer, content: string) => ({
  content,
  contentSha256: writer.hash(content),
  contentSizeBytes: Buffer.byteLength(content),
})

const toColumns = (head: StoredMemory) => ({
  path: head.path,
  version_id: head.versionId,
  content_sha256: head.contentSha256,
  content_size_bytes: head.contentSizeBytes,
  updated_at: head.updatedAt,
})

const originOf = ({ dreamId = undefined, sessionId = undefined }: Origin) => ({
  dreamId,
  sessionId,
})

function refuseFault(fault: string | null): void {
  if (fault !== null) throw new DomainError('invalid_argument', `Memory: ${fault}.`)
}

function refuseStale(head: StoredMemory, expectedSha256: string | null): void {
  if (expectedSha256 === null || head.contentSha256 === expectedSha256) return
  throw new DomainError(
    'memory_precondition_failed',
    `Memory ${head.id} changed meanwhile: its content is not the one with hash ${expectedSha256}, which the write was based on. Read it again and repeat the change.`,
  )
}

/** A path is a file or a directory: none may be used, and none above or below it. */
async function refuseOverlap(reader: Reader, place: Place): Promise<void> {
  const blocking = await findOverlap(reader, place)
  if (blocking === null) return
  throw new DomainError('memory_path_conflict', blocking.message, {
    details: { conflicting_memory_id: blocking.id, conflicting_path: blocking.path },
  })
}

interface Place {
  readonly storeId: MemoryStoreId
  readonly path: string
  /** The memory that goes there; null: a new one. */
  readonly id: MemoryId | null
}

/** The memory that is in the way of a path, and what to say about it; null: the path is free. */
export async function findOverlap(reader: Reader, { storeId, path, id }: Place) {
  let others = reader.read
    .selectFrom('memories')
    .select(['id', 'path'])
    .where('store_id', '=', storeId)
    .where('deleted_at', 'is', null)
    .orderBy('path')
    .limit(1)
  if (id !== null) others = others.where('id', '!=', id)
  const blocking =
    (await others.where('path', 'in', [path, ...listAncestors(path)]).executeTakeFirst()) ??
    (await others
      .where('path', '>=', `${path}/`)
      .where('path', '<', behindPrefix(`${path}/`))
      .executeTakeFirst())
  if (!blocking) return null
  const how = blocking.path === path ? 'already has a memory at' : 'cannot have a memory at'
  const why = blocking.path === path ? '' : `, because there is one at ${blocking.path}`
  return {
    ...blocking,
    message: `Memory store ${storeId} ${how} ${path}${why}. Update, rename or delete memory ${blocking.id}, or choose another path.`,
  }
}

const storeFull = (storeId: MemoryStoreId) =>
  new DomainError(
    'limit_exceeded',
    `Memory store ${storeId} already holds ${memoryLimits.memoriesPerStore} memories, the most it may. Delete or merge some, or use another store.`,
    { details: { error_code: 'memory_store_full' } },
  )

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
        'memories.content_size_bytes as contentSizeBytes',
        'memories.created_at as createdAt',
        'memories.updated_at as updatedAt',
        'memory_versions.ordinal as versionOrdinal',
      ])
      // The head of a live memory is never redacted and always has content.
      .select((select) => select.ref('memory_versions.content').$notNull().as('content'))
      .where('memories.deleted_at', 'is', null)
  )
}
