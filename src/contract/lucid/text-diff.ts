import { z } from 'zod'

const span = z.object({ start: z.int(), end: z.int() })

const line = z.object({
  type: z.enum(['context', 'removed', 'added']),
  old_line: z.int().nullable(),
  new_line: z.int().nullable(),
  text: z.string(),
  ended: z.boolean().describe('whether a line feed ends it'),
  spans: z.array(span).nullable().describe('the words that differ, in UTF-16 units of text'),
})

/** Two texts compared: data, for whoever shows it. */
export const textDiff = z.object({
  added: z.int(),
  removed: z.int(),
  exact: z
    .boolean()
    .describe(
      'false: too different to look for the smallest difference; one text stands for the other',
    ),
  hunks: z.array(
    z.object({
      old_start: z.int(),
      old_lines: z.int(),
      new_start: z.int(),
      new_lines: z.int(),
      lines: z.array(line),
    }),
  ),
})
