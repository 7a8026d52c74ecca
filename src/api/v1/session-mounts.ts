import type { z } from 'zod'
import type { GivenResource, sessionResource } from '../../contract/v1/session-resources.ts'
import { DomainError } from '../../core/errors.ts'
import type { FileId, MemoryStoreId, NewId } from '../../core/ids.ts'
import type { JsonObject } from '../../core/session.ts'
import type { Reader } from '../../storage/database.ts'
import { getFile } from '../../storage/files.ts'
import { getMemoryStore, type MemoryStore } from '../../storage/memory-stores.ts'
import type { NewSessionResource, SessionResource } from '../../storage/session-resources.ts'

type WireResource = z.input<typeof sessionResource>

/** What a session mounts, checked against what there is: stores that are open, files that are there. */
export async function prepareResources(
  reader: Reader,
  newId: NewId,
  given: readonly GivenResource[],
): Promise<NewSessionResource[]> {
  const mounts = new Set<string>()
  const prepared: NewSessionResource[] = []
  for (const resource of given) {
    const one = await prepare(reader, resource, mounts)
    prepared.push({ id: newId('sesrsc'), ...one })
  }
  const stores = prepared.flatMap(({ memoryStoreId }) => memoryStoreId ?? [])
  if (new Set(stores).size < stores.length) {
    throw refused('a memory store is attached twice; attach it once.')
  }
  return prepared
}

async function prepare(
  reader: Reader,
  given: GivenResource,
  mounts: Set<string>,
): Promise<Omit<NewSessionResource, 'id'>> {
  const { type } = given
  if (type === 'memory_store') {
    const store = await getMemoryStore(reader, given.memory_store_id as MemoryStoreId)
    return { type, memoryStoreId: store.id, fileId: null, body: mountStore(store, given, mounts) }
  }
  if (type === 'file') {
    const file = await getFile(reader, given.file_id as FileId)
    const mount_path = filePath(given.file_id, given.mount_path ?? null)
    const body = { type, file_id: file.id, mount_path }
    return { type, memoryStoreId: null, fileId: file.id, body }
  }
  const name =
    new URL(given.url).pathname
      .split('/')
      .at(-1)
      ?.replace(/\.git$/, '') || 'repository'
  const mount_path = given.mount_path ?? `/workspace/${name}`
  const body = { type, url: given.url, checkout: given.checkout ?? null, mount_path }
  return { type, memoryStoreId: null, fileId: null, body }
}

function mountStore(
  store: MemoryStore,
  given: Extract<GivenResource, { type: 'memory_store' }>,
  mounts: Set<string>,
): JsonObject {
  if (store.archivedAt !== null) {
    throw refused(`memory store ${store.id} is archived and cannot be attached.`)
  }
  return {
    type: 'memory_store',
    memory_store_id: store.id,
    name: store.name,
    description: store.description,
    mount_path: choosePath(store, mounts),
    access: given.access ?? 'read_write',
    instructions: given.instructions ?? null,
  }
}

/** Names are not unique and may have no Latin letter: then the end of the store's id tells them apart. */
function choosePath({ id, name }: MemoryStore, mounts: Set<string>): string {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const isFree = slug !== '-' && slug !== '' && !mounts.has(slug)
  const chosen = isFree ? slug : `${slug.replace(/^-$/, 'store')}-${id.slice(-8)}`
  mounts.add(chosen)
  return `/mnt/memory/${chosen}`
}

const uploads = '/mnt/session/uploads'

/** A caller's path is rooted where uploads are. */
function filePath(fileId: string, path: string | null): string {
  if (path === null) return `${uploads}/${fileId}`
  const inside = path.startsWith(`${uploads}/`) ? path.slice(uploads.length) : path
  return `${uploads}/${inside.split('/').filter(Boolean).join('/')}`
}

export function presentResource(resource: SessionResource): WireResource {
  const { id, type, body, createdAt, updatedAt } = resource
  const times = { id, created_at: createdAt, updated_at: updatedAt }
  return (type === 'memory_store' ? { ...body } : { ...times, ...body }) as WireResource
}

const refused = (message: string) => new DomainError('invalid_argument', `resources: ${message}`)
