import { z } from 'zod'
import { line, timestamp } from '../v1/wire.ts'

/** Kept in step with `core/access.ts` by the type of the endpoint that uses it. */
const scope = z.enum([
  'ingest',
  'outcomes',
  'memory:read',
  'memory:write',
  'memory:suggest',
  'review',
  'admin',
])

export const apiKey = z.object({
  id: z.string(),
  type: z.literal('api_key'),
  name: z.string(),
  hint: z.string().describe('the beginning and the end of the key'),
  scopes: z.array(scope),
  owner: z
    .string()
    .nullable()
    .describe('the person who holds it; null: a program, which approves nothing'),
  roles: z.array(z.string()),
  groups: z.array(z.string()),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
})

/** As policies write it behind `user:`, `role:` and `group:`. */
const personWord = z
  .string()
  .regex(/^[^\s:]{1,190}$/, 'up to 190 characters without spaces and ":"')

export const newApiKey = z.object({
  name: line(1, 255),
  scopes: z.array(scope).min(1, 'at least one scope').max(16),
  expires_at: timestamp.nullable().optional(),
  owner: personWord
    .nullable()
    .optional()
    .describe('the person who will hold it, so that it may approve; keys of one person count once'),
  roles: z.array(personWord).max(50).optional(),
  groups: z.array(personWord).max(50).optional(),
})

/** The key itself is in this answer and nowhere else, ever. */
export const createdApiKey = apiKey.extend({ key: z.string() })

export const apiKeyPage = z.object({ data: z.array(apiKey) })
export const apiKeyPath = z.object({ api_key_id: z.string().max(128) })
