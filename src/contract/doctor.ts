import { z } from 'zod'

/** `lucidream doctor --json` */
export const doctorDocument = z.object({
  version: z.literal(1),
  kind: z.literal('doctor'),
  checks: z.array(
    z.object({ name: z.string(), state: z.enum(['ok', 'warning', 'failed']), message: z.string() }),
  ),
})
export type DoctorDocument = z.infer<typeof doctorDocument>
