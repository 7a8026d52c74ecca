import { z } from 'zod'
import { session } from '../v1/sessions.ts'
import { givenId, line, metadata, timestamp } from '../v1/wire.ts'

const agent = z.object({
  name: line(1, 256),
  version: line(1, 128).nullish(),
  model: line(1, 256).nullish(),
})

export const ingestedSession = z.object({
  key: line(1, 512).describe('your own stable name of the run; the same key is the same session'),
  agent: z
    .union([givenId, agent])
    .describe('the id of an agent here, or what the agent is called where it runs'),
  environment_id: givenId.optional(),
  title: line(0, 1_000).nullish(),
  metadata: metadata.optional(),
  task: z
    .object({ type: line(1, 256).nullish(), id: line(1, 256).nullish() })
    .optional()
    .describe('what it was asked to do; the id is shared by runs that do the same'),
  principal: line(1, 256).nullish().describe('who the agent works for'),
  labels: z
    .record(line(1, 64), line(0, 512))
    .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels')
    .optional(),
  started_at: timestamp.optional().describe('left out: now'),
})
export type IngestedSession = z.output<typeof ingestedSession>

export const ingestedSessionAnswer = session.extend({
  key: z.string(),
  created: z.boolean().describe('false: the key was known and nothing changed'),
})

export const sessionEnd = z.object({
  status: z.enum(['idle', 'terminated']).default('terminated'),
  stop_reason: z
    .enum(['end_turn', 'retries_exhausted', 'budget_reached', 'refusal'])
    .default('end_turn')
    .describe('of an idle end'),
  ended_at: timestamp.optional().describe('left out: now'),
})
