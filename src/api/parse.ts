import type { z } from 'zod'
import { DomainError } from '../core/errors.ts'

export type Place = 'path' | 'query' | 'body'

/** What a schema makes of the input, or a refusal that names each field, what is wrong and the limit. */
export function parse<S extends z.ZodType>(
  schema: S,
  input: unknown,
  { place, strict }: { readonly place: Place; readonly strict: boolean },
): z.output<S> {
  const result = schema.safeParse(input)
  if (!result.success) throw refuse(place, result.error.issues)
  const unknown = strict ? findUnknown(input, result.data, '') : null
  if (unknown === null) return result.data
  throw new DomainError('invalid_argument', `${place}: ${unknown}: unknown field; leave it out.`)
}

/** At most this many faults are told: a hostile body can have a million. */
const mostFaults = 5

function refuse(place: Place, issues: readonly z.core.$ZodIssue[]): DomainError {
  const told = issues.slice(0, mostFaults).map((issue) => {
    const field = issue.path.map(String).join('.')
    return `${field === '' ? place : field}: ${issue.message}`
  })
  const more = issues.length - told.length
  const rest = more > 0 ? ` (and ${more} more)` : ''
  return new DomainError('invalid_argument', `${told.join('; ')}${rest}`.slice(0, 2_000))
}

/** A schema drops what it does not know: what was given and did not come through is unknown. */
function findUnknown(input: unknown, output: unknown, path: string): string | null {
  if (Array.isArray(input) && Array.isArray(output)) {
    for (const [index, one] of input.entries()) {
      const found = findUnknown(one, output[index], `${path}${path === '' ? '' : '.'}${index}`)
      if (found !== null) return found
    }
    return null
  }
  if (!isObject(input) || !isObject(output)) return null
  for (const [key, value] of Object.entries(input)) {
    const name = path === '' ? key : `${path}.${key}`
    if (!Object.hasOwn(output, key)) return name
    const found = findUnknown(value, output[key], name)
    if (found !== null) return found
  }
  return null
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
