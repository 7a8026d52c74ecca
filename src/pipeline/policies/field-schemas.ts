import { z } from 'zod'
import { readDuration, readSize } from './units.ts'

export const word = z.string().min(1).max(200)
export const words = z.array(word).max(500)
export const count = z.number().int().min(0).max(1_000_000_000)
export const percent = z.number().min(0).max(1_000_000)
export const share = z.number().min(0).max(1)
export const usd = z.number().min(0).max(1_000_000_000)

const measure = (
  read: (text: string) => number | null,
  example: string,
): z.ZodType<number, string | number> =>
  z.union([z.string().max(40), z.number()]).transform((given, refinement) => {
    const value = read(String(given))
    if (value !== null) return value
    refinement.addIssue({ code: 'custom', message: `"${given}" is no ${example}` })
    return z.NEVER
  })
export const duration = measure(readDuration, 'duration such as 45m, 24h or 30d')
export const size = measure(readSize, 'size such as 8192 or 100KiB')
/** Leaves a limit out on purpose; where it is only not mentioned, the default holds. */
export const orNone = <T extends z.ZodType>(limit: T) =>
  z.union([limit, z.literal('none').transform(() => null)], 'a limit, or "none"')

export const actor = z
  .string()
  .max(200)
  .regex(
    /^(?:owners|(?:user|group|role):[^\s]{1,190})$/,
    '"owners", "user:…", "group:…" or "role:…"',
  )
/** What one policy states is one list; those of its parents stand beside it. */
export const layer = <T extends z.ZodType>(entry: T) =>
  z
    .array(entry)
    .max(500)
    .transform((list) => [list])
