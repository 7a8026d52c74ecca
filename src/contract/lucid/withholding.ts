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
  mounted_readings: z
    .int()
    .describe('readings of sessions that mounted the store since then: nothing is left out there'),
  ledgers: z
    .object({
      goal: z.string(),
      definition_version: z
        .int()
        .describe('of the outcome definition; another version judges all units anew'),
      deadline_seconds: z
        .number()
        .describe(
          'how long an outcome is waited for where its type of task has no time of its own',
        ),
      units: z.int().describe('whose outcome is in the ledgers, in the order in which they read'),
      waiting: z.int().describe('the first one whose outcome may come still, and those behind it'),
      left_out: z
        .int()
        .describe('units behind the first 20 million coins, one an item and unit; not counted'),
      late: z.int().describe('of the units, whose outcome came too late: a failure'),
      never: z
        .int()
        .describe('of the units, of which nothing was heard in time or later: a failure'),
      crowded: z
        .int()
        .describe('of the units, which read more than 1 000 times; the first 1 000 were looked at'),
      harmful: z.int().describe('items that are shown to do harm, to be retired'),
      items: z.array(
        z.object({
          item: z.string(),
          path: z.string(),
          text: z
            .string()
            .nullable()
            .describe('its beginning as it stands in the store; null: it stands there no more'),
          given: z.int().describe('units that had it'),
          given_mean: z.number().nullable().describe('what they came to, 0 to 1; null: none'),
          withheld: z.int().describe('units that it was left out of'),
          withheld_mean: z.number().nullable().describe('what they came to, 0 to 1; null: none'),
          helps: z.number().describe('evidence (E) that units do better with it'),
          harms: z.number().describe('evidence (E) that units do worse with it'),
          verdict: z
            .enum(['helpful', 'harmful', 'not_proven', 'not_estimable'])
            .describe(
              'helpful, harmful: E is 20 or more, and it holds among all items at a false discovery rate of 0.1; not_estimable: it was always given, or never',
            ),
          says: z.string().describe('the verdict in plain words'),
        }),
      ),
    })
    .nullable(),
})
