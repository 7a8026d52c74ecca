import { z } from 'zod'
import { withholding } from './lucid/withholding.ts'

/** `lucidream withholding --json` */
export const withholdingDocument = withholding.omit({ type: true }).extend({
  version: z.literal(1),
  kind: z.literal('withholding'),
})
export type WithholdingDocument = z.infer<typeof withholdingDocument>
