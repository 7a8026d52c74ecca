import { z } from 'zod'

/** What every command prints under --json when it fails. */
export const errorDocument = z.object({
  version: z.literal(1),
  kind: z.literal('error'),
  error: z.object({ code: z.string(), message: z.string() }),
})
