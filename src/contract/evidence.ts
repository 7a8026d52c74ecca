import { z } from 'zod'

export const grade = z.enum(['A', 'B', 'C', 'D'])

/** How far a text may be trusted, by where it came from; the first the most. */
export const taint = z.enum([
  'operator',
  'signed_system',
  'first_party_tool',
  'user',
  'agent',
  'untrusted',
])

export const evidence = z.object({
  session_id: z.string(),
  event_id: z.string(),
  /** Byte for byte what stands in the event's text from `start` to `end` (UTF-16 units). */
  quote: z.string(),
  start: z.int(),
  end: z.int(),
  polarity: z.enum(['supports', 'contradicts']),
  taint: taint.describe('of the event that the quote stands in'),
})
