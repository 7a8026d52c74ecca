import { z } from 'zod'
import { taint } from '../evidence.ts'
import { memoryAddress } from '../v1/memories.ts'
import { line, prose } from '../v1/wire.ts'

export const endorsedMemory = memoryAddress

export const newEndorsement = z.object({
  content_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits')
    .describe('of the content that was read; another one stored is refused'),
  text: prose(1, 102_400)
    .optional()
    .describe('whole lines of the memory; the memory as a whole when left out'),
  taint: z
    .enum(['user', 'first_party_tool', 'signed_system', 'operator'])
    .default('operator')
    .describe('how far the text may be trusted from now on'),
  person: line(1, 200).describe('who read the text and stands for it'),
  reason: prose(1, 2_000).describe('kept with it and in the audit log'),
})

export const endorsement = z.object({
  type: z.literal('endorsement'),
  id: z.string(),
  memory_store_id: z.string(),
  memory_id: z.string(),
  memory_version_id: z.string().describe('the version that was read'),
  whole: z.boolean().describe('true: any change of the memory ends it'),
  lines: z.int(),
  taint_before: taint,
  taint,
  person: z.string(),
  reason: z.string(),
  created_by: z.object({ type: z.string(), id: z.string() }),
  created_at: z.string(),
  voided_at: z.string().nullable().describe('null: it stands'),
  void_reason: z.string().nullable(),
})

export const endorsementList = z.object({ data: z.array(endorsement) })

/** `lucidream endorse --json` */
const endorsementDocument = z.object({
  version: z.literal(1),
  kind: z.literal('endorsement'),
  endorsement,
})
export type EndorsementDocument = z.infer<typeof endorsementDocument>
