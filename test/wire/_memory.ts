import type Anthropic from '@anthropic-ai/sdk'
import { APIError } from '@anthropic-ai/sdk'

/** What the official client throws, flat enough to compare; null when the request is answered. */
export async function findRefusal(request: Promise<unknown>) {
  const error = await request.then(
    () => null,
    (cause: unknown) => cause,
  )
  if (error === null) return null
  if (!(error instanceof APIError)) throw error
  const { error: fields } = error.error as { error: Record<string, unknown> }
  const retry: string | null = error.headers?.get('x-should-retry') ?? null
  return { status: error.status as number, retry, ...fields }
}

export async function refusalOf(request: Promise<unknown>) {
  const refusal = await findRefusal(request)
  if (refusal === null) throw new Error('It was answered and not refused.')
  return refusal
}

/** Of requests that run beside each other; each must be refused. */
export const refusalsOf = (requests: readonly Promise<unknown>[]) =>
  Promise.all(requests.map(refusalOf))

export const makeStore = async (client: Anthropic, name = 'notes') =>
  (await client.beta.memoryStores.create({ name })).id

export const collect = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const one of pages) found.push(one)
  return found
}

/** One store under short names. */
export function openMemories(client: Anthropic, storeId: string) {
  const { memories, memoryVersions: versions } = client.beta.memoryStores
  const memory_store_id = storeId
  return {
    create: (path: string, content: string | null = '') =>
      memories.create(storeId, { path, content }),
    read: (id: string) => memories.retrieve(id, { memory_store_id }),
    update: (id: string, params: Omit<Parameters<typeof memories.update>[1], 'memory_store_id'>) =>
      memories.update(id, { memory_store_id, ...params }),
    remove: (id: string, expected?: string) =>
      memories.delete(id, {
        memory_store_id,
        ...(expected === undefined ? {} : { expected_content_sha256: expected }),
      }),
    list: (params: NonNullable<Parameters<typeof memories.list>[1]> = {}) =>
      collect(memories.list(storeId, params)),
    versions: (params: NonNullable<Parameters<typeof versions.list>[1]> = {}) =>
      collect(versions.list(storeId, params)),
    version: (id: string) => versions.retrieve(id, { memory_store_id }),
    redact: (id: string) => versions.redact(id, { memory_store_id }),
  }
}

export const basedOn = (content_sha256: string) =>
  ({ type: 'content_sha256', content_sha256 }) as const
