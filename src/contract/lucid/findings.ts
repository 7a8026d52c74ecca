import { z } from 'zod'
import { grade } from '../evidence.ts'
import { finding } from '../findings.ts'
import { cursor, givenId, limit, line, pageOf } from '../v1/wire.ts'
import { evidenceInContext } from './evidence.ts'

const shown = finding.extend({ type: z.literal('finding'), dream_id: z.string() })

export const findingQuery = z.object({
  kind: finding.shape.kind.optional(),
  task_type: line(1, 255).optional(),
  grade: grade.optional(),
  limit: limit(100, 20),
  page: cursor,
})
export const dreamPath = z.object({ dream_id: givenId })
export const findingPath = z.object({ finding_id: givenId })
export const findingPage = pageOf(shown)
export const findingInContext = shown.extend({ evidence: z.array(evidenceInContext) })
