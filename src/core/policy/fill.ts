import { defaultSpec } from './defaults.ts'
import { fields } from './fields.ts'
import type { PolicySpec } from './policy.ts'

/** A policy as an older Lucidream stored it: what it could not say yet has the safe value. */
export function fillSpec(stored: PolicySpec): PolicySpec {
  const fill = (standard: unknown, part: unknown, path: string): unknown => {
    if (fields.has(path)) return part === undefined ? standard : part
    const known = (part ?? {}) as Readonly<Record<string, unknown>>
    return Object.fromEntries(
      Object.entries(standard as object).map(([name, inner]) => [
        name,
        fill(inner, known[name], path === '' ? name : `${path}.${name}`),
      ]),
    )
  }
  return fill(defaultSpec, stored, '') as PolicySpec
}
