import { z } from 'zod'
import { givenId, line, prose } from '../v1/wire.ts'

const sessions = z.object({
  type: z.literal('sessions'),
  ids: z.array(givenId).min(1).max(10_000),
})
const principal = z.object({ type: z.literal('principal'), name: line(1, 512) })
const tool = z
  .object({ type: z.literal('tool'), name: line(1, 512) })
  .describe('what this tool answered, in every session')
const file = z
  .object({ type: z.literal('file'), id: givenId })
  .describe('every session that the file was mounted into')

const asked = {
  reason: prose(1, 2_000).describe('kept with the report and in the audit log'),
  dry_run: z.boolean().default(false),
}

export const newRevocation = z.object({
  source: z.discriminatedUnion('type', [sessions, principal, tool, file]),
  ...asked,
})

export const newErasure = z.object({
  source: z
    .discriminatedUnion('type', [sessions, principal])
    .describe('the subject: a principal, or sessions'),
  ...asked,
})

const report = z.object({
  sessions: z.int(),
  findings: z.int(),
  changes: z.int(),
  dreams: z.array(z.string()).describe('their figures count the sessions still; dream again'),
  memories: z.array(
    z.object({
      memory_store_id: z.string(),
      path: z.string(),
      lines: z.int(),
      how: z.enum(['rewritten', 'deleted']),
    }),
  ),
  redacted_versions: z.int(),
  experiments: z.array(z.string()).describe('voided'),
})

const incident = <Type extends string>(type: Type) =>
  z.object({
    type: z.literal(type),
    id: z.string().nullable().describe('null: a dry run'),
    dry_run: z.boolean(),
    source: z.looseObject({ type: z.string() }),
    reason: z.string(),
    report,
    created_at: z.string().nullable(),
  })

export const revocation = incident('revocation')
export const erasure = incident('erasure')
export const revocationPage = z.object({ data: z.array(revocation) })
export const erasurePage = z.object({ data: z.array(erasure) })

/** `lucidream revoke --json` and `lucidream erase --json` */
const incidentDocument = z.object({
  version: z.literal(1),
  kind: z.enum(['revocation', 'erasure']),
  id: z.string().nullable(),
  dry_run: z.boolean(),
  report,
})
export type IncidentDocument = z.infer<typeof incidentDocument>
