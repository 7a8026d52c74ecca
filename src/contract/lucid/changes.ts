import { z } from 'zod'
import { change } from '../changes.ts'
import { finding } from '../findings.ts'
import { cursor, givenId, limit, pageOf, prose } from '../v1/wire.ts'
import { evidenceInContext } from './evidence.ts'
import { judged } from './reviews.ts'
import { textDiff } from './text-diff.ts'

const shown = change.extend({ type: z.literal('change') })

export const changeQuery = z.object({
  status: change.shape.status.optional(),
  path: prose(1, 1_024).optional().describe('of one memory'),
  limit: limit(100, 20),
  page: cursor,
})
export const changePath = z.object({ change_id: givenId })
export const changePage = pageOf(shown)

/** Everything a reviewer needs to decide. */
export const changeInContext = shown.extend(judged.shape).extend({
  evidence: z.array(evidenceInContext),
  findings: z.array(finding.omit({ evidence: true })).describe('the statistics it stands on'),
  base_text: z
    .string()
    .nullable()
    .describe('null: the memory does not exist yet, or this version was redacted'),
  result_text: z.string().nullable().describe('null: the memory goes, or the base is redacted'),
  diff: textDiff.nullable(),
  applies: z.boolean().describe('whether its base is still the newest version of the memory'),
})
