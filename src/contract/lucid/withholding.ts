import { z } from 'zod'
import { line } from '../v1/wire.ts'
import { storePath } from './stores.ts'

export const withholdingPath = storePath

export const withholdingSettings = z.object({
  share: z
    .number()
    .min(0.05, 'at least 0.05')
    .max(0.1, 'at most 0.1')
    .nullable()
    .describe('the chance of each item to be left out; null: nothing is'),
  exempt_paths: z
    .array(line(1, 512))
    .max(64, 'at most 64 patterns')
    .default([])
    .describe('patterns of paths, such as /safety/**, of which nothing is left out'),
})

export const withholdingQuery = z.object({
  goal: line(1, 256).optional().describe('an outcome definition; left out: no ledgers'),
})

export const withholding = z.object({
  type: z.literal('withholding'),
  memory_store_id: z.string(),
  share: z.number().nullable(),
  exempt_paths: z.array(z.string()),
  ledgers: z
    .object({
      goal: z.string(),
      units: z.int().describe('whose outcome is in the ledgers'),
      waiting: z.int().describe('units behind the first one whose outcome may come still'),
      items: z.array(
        z.object({
          item: z.string(),
          path: z.string(),
          given: z.int(),
          withheld: z.int(),
          helps: z.number().describe('evidence (E) that units do better with it'),
          harms: z.number().describe('evidence (E) that units do worse with it'),
          verdict: z
            .enum(['helpful', 'harmful', 'not_proven'])
            .describe('among all items, at a false discovery rate of 0.1'),
        }),
      ),
    })
    .nullable(),
})
