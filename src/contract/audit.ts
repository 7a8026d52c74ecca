import { z } from 'zod'
import { auditCheckpoint, auditProof } from './lucid/audit.ts'

/** `lucidream audit export --json`. */
export const auditExportDocument = z.object({
  version: z.literal(1),
  kind: z.literal('audit_export'),
  file: z.string(),
  origin: z.string(),
  from: z.int(),
  records: z.int(),
})
export type AuditExportDocument = z.infer<typeof auditExportDocument>

/** `lucidream audit checkpoint --json`. */
export const auditCheckpointDocument = auditCheckpoint
  .omit({ type: true })
  .extend({ version: z.literal(1), kind: z.literal('audit_checkpoint') })
export type AuditCheckpointDocument = z.infer<typeof auditCheckpointDocument>

/** `lucidream audit key --json`. */
export const auditKeyDocument = z.object({
  version: z.literal(1),
  kind: z.literal('audit_key'),
  origin: z.string(),
  key: z.string(),
})
export type AuditKeyDocument = z.infer<typeof auditKeyDocument>

/** `lucidream audit proof --json`; without it the same document is printed. */
export const auditProofDocument = auditProof
  .omit({ type: true })
  .extend({ version: z.literal(1), kind: z.literal('audit_proof') })
export type AuditProofDocument = z.infer<typeof auditProofDocument>

/** `lucidream audit verify --json`. */
export const auditVerificationDocument = z.object({
  version: z.literal(1),
  kind: z.literal('audit_verification'),
  ok: z.boolean(),
  origin: z.string().nullable(),
  /** Records of the log that were read, and how many of all the checkpoint speaks of. */
  from: z.int().nullable(),
  to: z.int().nullable(),
  proven: z.int(),
  faults: z.array(
    z.object({
      place: z.enum(['log', 'checkpoint', 'old checkpoint']),
      line: z.int().nullable(),
      seq: z.int().nullable(),
      message: z.string(),
    }),
  ),
})
export type AuditVerificationDocument = z.infer<typeof auditVerificationDocument>
