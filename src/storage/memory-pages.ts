import type { MemoryStoreId, MemoryVersionId } from '../core/ids.ts'
import { behindPrefix, findDirectory } from '../core/memory-path.ts'
import type { Reader } from './database.ts'
import type { StoredMemory } from './stored-memory.ts'

/** A memory as lists show it: its content only where it was asked for. */
export type ListedMemory = Omit<StoredMemory, 'content' | 'versionOrdinal'> & {
  readonly type: 'memory'
  readonly content: string | null
}

/** One entry of a listing: a memory, or the directory that deeper ones lie in. */
export type MemoryEntry = ListedMemory | { readonly type: 'directory'; readonly path: string }

export interface MemoryPageRequest {
  readonly storeId: MemoryStoreId
  /** Ends with a slash; `/` is the whole store. */
  readonly prefix: string
  /** `children`: memories directly below the prefix, and one entry a directory instead of what lies in it. */
  readonly depth: 'all' | 'children'
  readonly view: 'basic' | 'full'
  /** The path of the last entry of the page before. */
  readonly after: string | null
  readonly limit: number
}

export interface MemoryPage {
  readonly entries: readonly MemoryEntry[]
  /** What `after` is for the next page; null at the end. */
  readonly next: string | null
}

/**
 * Entries in code-point order of their paths. A page begins behind a path and not at a number, so one that
 * is there during the whole listing is listed once, whatever is written meanwhile.
 */
export async function listMemoryPage(
  reader: Reader,
  request: MemoryPageRequest,
): Promise<MemoryPage> {
  const { limit, view } = request
  const found = await collect(reader, request)
  const entries = found.slice(0, limit)
  const next = found.length > limit ? (entries.at(-1)?.path ?? null) : null
  return { entries: view === 'full' ? await addContent(reader, entries) : entries, next }
}

interface Position {
  readonly path: string
  readonly compare: '>' | '>='
}

/** One entry more than the page holds, where there are as many. A directory costs one seek behind it. */
async function collect(reader: Reader, request: MemoryPageRequest): Promise<MemoryEntry[]> {
  const { prefix, depth, after, limit } = request
  const entries: MemoryEntry[] = []
  let position = after === null ? null : behind(after)
  for (;;) {
    const wanted = limit + 1 - entries.length
    const memories = await readMemories(reader, request, { position, count: wanted })
    for (const memory of memories) {
      const directory = depth === 'children' ? findDirectory(prefix, memory.path) : null
      const path = directory ?? memory.path
      if (entries.at(-1)?.path === path) continue
      entries.push(directory === null ? memory : { type: 'directory', path: directory })
      position = behind(path)
    }
    if (memories.length < wanted || entries.length > limit) return entries
  }
}

const behind = (path: string): Position =>
  path.endsWith('/') ? { path: behindPrefix(path), compare: '>=' } : { path, compare: '>' }

async function readMemories(
  reader: Reader,
  { storeId, prefix }: MemoryPageRequest,
  { position, count }: { position: Position | null; count: number },
): Promise<ListedMemory[]> {
  let query = reader.read
    .selectFrom('memories')
    .select([
      'id',
      'store_id as storeId',
      'version_id as versionId',
      'path',
      'content_sha256 as contentSha256',
      'content_size_bytes as contentSizeBytes',
      'created_at as createdAt',
      'updated_at as updatedAt',
    ])
    .where('store_id', '=', storeId)
    .where('deleted_at', 'is', null)
    .where('path', '<', behindPrefix(prefix))
    .orderBy('path')
    .limit(count)
  // Of two lower bounds a database seeks to either; mostly the position lies inside the prefix and is enough.
  if (position) query = query.where('path', position.compare, position.path)
  if (!position?.path.startsWith(prefix)) query = query.where('path', '>=', prefix)
  const rows = await query.execute()
  return rows.map((row) => ({ ...row, type: 'memory' as const, content: null }))
}

async function addContent(
  reader: Reader,
  entries: readonly MemoryEntry[],
): Promise<readonly MemoryEntry[]> {
  const heads = entries.flatMap((entry): MemoryVersionId[] =>
    entry.type === 'memory' ? [entry.versionId] : [],
  )
  if (heads.length === 0) return entries
  const rows = await reader.read
    .selectFrom('memory_versions')
    .select(['id', 'content'])
    .where('id', 'in', heads)
    .execute()
  const contents = new Map(rows.map(({ id, content }) => [id, content]))
  return entries.map((entry) =>
    entry.type === 'memory' ? { ...entry, content: contents.get(entry.versionId) ?? null } : entry,
  )
}
