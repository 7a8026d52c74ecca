import type { z } from 'zod'

/**
 * A query string as an object for its schema: `x[]=a&x[]=b` and `x=a&x=b` where the schema has an array,
 * `created_at[gt]=…` where it has an object. Keys that the schema does not have are left as they are, for the
 * schema to drop or refuse.
 */
export function readQuery(search: URLSearchParams, schema: z.ZodObject): Record<string, unknown> {
  const query: Record<string, unknown> = {}
  for (const key of new Set(search.keys())) {
    const values = search.getAll(key)
    const [, name = key, inner] = /^([^[\]]+)\[([^[\]]*)\]$/.exec(key) ?? []
    const kind = kindOf(schema.shape[name])
    if (kind === 'array' && (inner === undefined || inner === '')) {
      query[name] = [...((query[name] as string[]) ?? []), ...values]
    } else if (kind === 'object' && inner) {
      query[name] = { ...((query[name] as object) ?? {}), [inner]: values.at(-1) }
    } else query[key] = values.at(-1)
  }
  return query
}

function kindOf(schema: z.core.$ZodType | undefined): 'array' | 'object' | 'plain' {
  const type = schema?._zod.def.type
  if (type === 'array' || type === 'object') return type
  const inner = (schema?._zod.def as { innerType?: z.core.$ZodType } | undefined)?.innerType
  return inner ? kindOf(inner) : 'plain'
}
