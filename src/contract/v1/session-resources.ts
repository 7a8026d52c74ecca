import { z } from 'zod'
import { cursor, givenId, limit, line, pageOf, prose } from './wire.ts'

const mountPath = line(1, 1_024).refine(
  (path) => !path.split('/').includes('..'),
  'holds a ".." segment; name the place directly',
)

const memoryStore = z.object({
  type: z.literal('memory_store'),
  memory_store_id: givenId,
  access: z.enum(['read_write', 'read_only']).nullish(),
  instructions: prose(0, 4_096).nullish(),
})
export const fileResource = z.object({
  type: z.literal('file'),
  file_id: givenId,
  mount_path: mountPath.nullish(),
})
const repository = z.object({
  type: z.literal('github_repository'),
  url: line(1, 2_048).refine(
    (text) => URL.canParse(text) && new URL(text).protocol === 'https:',
    'not an https URL',
  ),
  authorization_token: line(1, 4_096).optional().describe('used and never stored'),
  checkout: z
    .union([
      z.object({ type: z.literal('branch'), name: line(1, 255) }),
      z.object({
        type: z.literal('commit'),
        sha: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'a full commit hash'),
      }),
    ])
    .nullish(),
  mount_path: mountPath.nullish(),
})

export const givenResource = z.discriminatedUnion('type', [memoryStore, fileResource, repository])
export type GivenResource = z.output<typeof givenResource>

export const resourceUpdate = z.object({ authorization_token: line(1, 4_096) })

const times = { id: z.string(), created_at: z.string(), updated_at: z.string() }

export const sessionResource = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('memory_store'),
    memory_store_id: z.string(),
    name: z.string(),
    description: z.string(),
    mount_path: z.string(),
    access: z.enum(['read_write', 'read_only']),
    instructions: z.string().nullable(),
  }),
  z.object({
    type: z.literal('file'),
    ...times,
    file_id: z.string(),
    mount_path: z.string(),
  }),
  z.object({
    type: z.literal('github_repository'),
    ...times,
    url: z.string(),
    mount_path: z.string(),
    checkout: z.record(z.string(), z.unknown()).nullable(),
  }),
])

export const resourcePath = z.object({ session_id: givenId, resource_id: givenId })
export const resourceListQuery = z.object({ page: cursor, limit: limit(1_000, 1_000) })
export const resourcePage = pageOf(sessionResource)
export const deletedResource = z.object({
  id: z.string(),
  type: z.literal('session_resource_deleted'),
})
