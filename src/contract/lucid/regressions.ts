import { z } from 'zod'

const regression = z.object({
  type: z.literal('regression'),
  id: z.string(),
  experiment_id: z.string(),
  memory_store_id: z.string(),
  reason: z.string(),
  rolled_back: z.boolean().describe('false: somebody had built on it, so a person has to'),
  change_ids: z.array(z.string()),
  paths: z.array(z.string()).describe('memories that are what they were before'),
  created_at: z.string(),
})
export const regressionPage = z.object({ data: z.array(regression) })
