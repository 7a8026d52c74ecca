import { z } from 'zod'

/**
 * Pieces of the reference's wire that many resources share. Messages name the limit; the field's name is put
 * before them by whoever parses.
 */

/** RFC 3339 with any offset, as UTC text that sorts as the times do. */
export const timestamp = z
  .string()
  .max(64)
  .transform((text, refinement) => {
    const ms = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN
    if (Number.isFinite(ms)) return new Date(ms).toISOString()
    refinement.addIssue({
      code: 'custom',
      message: 'not an RFC 3339 time, e.g. 2026-11-25T08:00:00Z',
    })
    return z.NEVER
  })

export const timeRange = z
  .object({
    gt: timestamp.optional(),
    gte: timestamp.optional(),
    lt: timestamp.optional(),
    lte: timestamp.optional(),
  })
  .partial()

/** Halves of a surrogate pair cannot be stored as UTF-8: they would come back as something else. */
const wellFormed = (text: string) => text.isWellFormed()

/** Text of one line: no control characters, and what is stored is what was sent. */
export const line = (min: number, max: number) =>
  z
    .string()
    .min(min, `at least ${min} characters`)
    .max(max, `at most ${max} characters`)
    .refine(wellFormed, 'holds half of a surrogate pair; send well-formed Unicode')
    .refine((text) => !/\p{Cc}/u.test(text), 'holds control characters; remove them')

/** Text of many lines. */
export const prose = (min: number, max: number) =>
  z
    .string()
    .min(min, `at least ${min} characters`)
    .max(max, `at most ${max} characters`)
    .refine(wellFormed, 'holds half of a surrogate pair; send well-formed Unicode')
    .refine((text) => !text.includes('\0'), 'holds a NUL character; remove it')

/** An id as it comes in: opaque, so only its size is checked here. */
export const givenId = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => !text.includes('\0'), 'holds a NUL character, which no id does')

export const metadata = z
  .record(line(1, 64), prose(0, 512))
  .refine((pairs) => Object.keys(pairs).length <= 16, 'at most 16 pairs')

/** In an update: keys are merged, null removes one. */
export const metadataPatch = z
  .record(line(1, 64), prose(0, 512).nullable())
  .refine((pairs) => Object.keys(pairs).length <= 32, 'at most 32 pairs')

export const flag = z.enum(['true', 'false'], 'true or false').transform((text) => text === 'true')

/** The size of a page. */
export const limit = (max: number, standard: number) =>
  z.coerce
    .number('a whole number')
    .int('a whole number')
    .min(1, 'at least 1')
    .max(max, `at most ${max}`)
    .default(standard)

export const cursor = z.string().min(1).max(4_096).optional()

export const pageOf = <S extends z.ZodType>(data: S) =>
  z.object({ data: z.array(data), next_page: z.string().nullable() })

export const errorEnvelope = z
  .object({
    type: z.literal('error'),
    error: z
      .object({
        type: z.string(),
        message: z.string(),
        details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      })
      .loose(),
    request_id: z.string(),
  })
  .meta({ id: 'Error' })
