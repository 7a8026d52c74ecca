import { z } from 'zod'
import { reason } from '../policy.ts'
import { givenId, timestamp } from '../v1/wire.ts'

export const policyStatus = z.object({
  type: z.literal('policy'),
  file: z.string(),
  name: z.string().nullable().describe('null: the file could never be used'),
  mode: z.enum(['enforce', 'audit', 'off']).nullable(),
  stores: z.array(z.string()).describe('empty: holds only where another policy extends it'),
  version: z.string().nullable().describe('the last one that could be used; it holds'),
  loaded_at: z.string().nullable(),
  fault: z.string().nullable().describe('what is wrong with the file as it stands; null: nothing'),
  faulty_since: z.string().nullable(),
})
export const policyList = z.object({ data: z.array(policyStatus) })

export const memoryStorePath = z.object({ memory_store_id: givenId })

export const effectivePolicy = z.object({
  type: z.literal('effective_policy'),
  memory_store_id: z.string(),
  /** None: dreams may propose, and nothing is applied. */
  policies: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      mode: z.enum(['enforce', 'audit', 'off']),
      fields: z.array(
        z.object({
          field: z.string(),
          value: z.unknown().describe('durations in milliseconds, sizes in bytes, null: no limit'),
          file: z.string().nullable().describe('null: the default'),
          line: z.number().nullable(),
        }),
      ),
    }),
  ),
})

export const policyReportQuery = z.object({ since: timestamp.optional() })
export const policyReport = z.object({
  type: z.literal('policy_report'),
  since: z.string(),
  data: z.array(
    reason
      .pick({ rule: true, mode: true, verdict: true })
      .extend({ decisions: z.number().describe('decisions in which the rule spoke') }),
  ),
})
