import { z } from 'zod'
import { dream, newInstructions, newModel, newOutputBehavior } from '../v1/dreams.ts'
import { givenId, line, timestamp } from '../v1/wire.ts'

/** Which sessions a dream reads; what is left out does not restrict. */
export const sessionSelector = z.object({
  agent_id: givenId.optional(),
  agent_name: line(1, 256).optional(),
  task_type: line(1, 256).optional(),
  labels: z
    .record(line(1, 64), z.string().max(512, 'at most 512 characters'))
    .refine((pairs) => Object.keys(pairs).length <= 16, 'at most 16 labels')
    .optional()
    .describe('all of them, exactly'),
  since: timestamp.optional().describe('by start, else by arrival'),
  until: timestamp.optional().describe('exclusive'),
  new_since_last_dream: z
    .boolean()
    .optional()
    .describe('only transcripts that no dream over this store has read'),
})

/** How a selector is given back. */
export const shownSelector = z.object({
  agent_id: z.string().optional(),
  agent_name: z.string().optional(),
  task_type: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  since: z.string().optional(),
  until: z.string().optional(),
  new_since_last_dream: z.boolean().optional(),
})

export const newSelectedDream = z.object({
  memory_store_id: givenId,
  selector: sessionSelector.default({}),
  model: newModel.default('lucidream-builtin'),
  instructions: newInstructions,
  output_behavior: newOutputBehavior.default({ type: 'create_new' }),
})

export const selectedDream = dream.extend({
  session_count: z.number(),
  selector: shownSelector.nullable().describe('null: the sessions were given by id'),
  schedule_id: z.string().nullable(),
})
