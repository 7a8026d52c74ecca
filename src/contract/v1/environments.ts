import { z } from 'zod'
import { cursor, flag, givenId, limit, line, pageOf, prose } from './wire.ts'

const packageNames = z.array(line(1, 255)).max(500, 'at most 500 packages').nullish()

const networking = z.discriminatedUnion('type', [
  z.object({ type: z.literal('unrestricted') }),
  z.object({
    type: z.literal('limited'),
    allowed_hosts: z.array(line(1, 253)).max(500, 'at most 500 hosts').nullish(),
    allow_mcp_servers: z.boolean().nullish(),
    allow_package_managers: z.boolean().nullish(),
  }),
])

const config = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('cloud'),
    networking: networking.nullish(),
    packages: z
      .object({
        type: z.literal('packages').optional(),
        apt: packageNames,
        cargo: packageNames,
        gem: packageNames,
        go: packageNames,
        npm: packageNames,
        pip: packageNames,
      })
      .nullish(),
  }),
  z.object({ type: z.literal('self_hosted') }),
])

const scope = z
  .enum(['organization', 'account'])
  .refine((given) => given === 'organization', 'only "organization" is possible here')

/** Sizes are judged where the answer can carry `invalid_metadata`. */
const looseMetadata = z.record(z.string(), z.string())

export const newEnvironment = z.object({
  name: line(1, 256),
  description: prose(0, 2_048).nullish(),
  metadata: looseMetadata.optional(),
  config: config.nullish(),
  scope: scope.nullish(),
})

export const environmentUpdate = z.object({
  name: line(1, 256).nullish(),
  description: prose(0, 2_048).nullish(),
  metadata: z
    .record(z.string(), z.string().nullable())
    .optional()
    .describe('merged; null or "" removes a key'),
  config: config.nullish(),
  scope: scope.nullish(),
})

export const environment = z.object({
  id: z.string(),
  type: z.literal('environment'),
  name: z.string(),
  description: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  scope: z.literal('organization'),
  config: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  updated_at: z.string(),
  archived_at: z.string().nullable(),
})

export const deletedEnvironment = z.object({
  id: z.string(),
  type: z.literal('environment_deleted'),
})
export const environmentPath = z.object({ environment_id: givenId })
export const environmentListQuery = z.object({
  page: cursor,
  limit: limit(100, 20),
  include_archived: flag.optional(),
})
export const environmentPage = pageOf(environment)

export type GivenEnvironmentConfig = z.output<typeof config>
