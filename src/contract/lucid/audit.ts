import { z } from 'zod'
import { cursor, givenId, limit, line, pageOf, timeRange } from '../v1/wire.ts'

const hex = z.string().describe('64 hex digits')
const base64 = z.string().describe('32 bytes in base64')
const count = (least: number) =>
  z.coerce
    .number('a whole number')
    .int('a whole number')
    .min(least, `at least ${least}`)
    .max(Number.MAX_SAFE_INTEGER, 'too large')

export const auditRecord = z.object({
  id: z.string(),
  type: z.literal('audit_record'),
  seq: z.int(),
  created_at: z.string(),
  actor: z.object({ type: z.string(), id: z.string() }),
  action: z.string(),
  object_type: z.string(),
  object_id: z.string(),
  workspace_id: z.string(),
  before_sha256: z.string().nullable(),
  after_sha256: z.string().nullable(),
  reason: z.string().nullable(),
  salt: z
    .string()
    .nullable()
    .describe('null once the content was erased: then the three fields before it are null as well'),
  entry: z.string().describe('what the log holds: RFC 8785 canonical JSON'),
  leaf: hex.describe('SHA-256 of a zero byte and the entry'),
})

export const auditRecordPage = pageOf(auditRecord)
export const auditRecordQuery = z.object({
  object_type: line(1, 64).optional(),
  object_id: givenId.optional(),
  actor_id: givenId.optional(),
  action: line(1, 128).optional(),
  created_at: timeRange.optional(),
  limit: limit(1_000, 100),
  page: cursor,
})

export const auditCheckpoint = z.object({
  type: z.literal('audit_checkpoint'),
  origin: z.string(),
  size: z.int(),
  root: base64,
  note: z.string().describe('the checkpoint as a C2SP signed note'),
  key: z.string().describe('the public key as NAME+KEYID+BASE64'),
  created_at: z.string(),
})

export const auditProofQuery = z.object({
  seq: count(1),
  size: count(1).optional().describe('of the tree; that of the newest checkpoint when left out'),
})
export const auditProof = z.object({
  type: z.literal('audit_inclusion_proof'),
  seq: z.int(),
  size: z.int(),
  entry: z.string(),
  leaf: hex,
  hashes: z.array(base64).describe('RFC 6962 audit path of leaf seq - 1, from the bottom up'),
  root: base64,
})

export const auditConsistencyQuery = z.object({ from: count(0), to: count(0).optional() })
export const auditConsistency = z.object({
  type: z.literal('audit_consistency_proof'),
  from: z.int(),
  to: z.int(),
  from_root: base64,
  to_root: base64,
  hashes: z.array(base64).describe('RFC 6962 consistency proof'),
})
