import type { Json, JsonObject } from '../session.ts'

const maxEntries = 64
const maxValue = 120

/**
 * `/key/path` → JSON of the scalar there, in key order: what can be compared between two calls. At most 64
 * entries, each cut at 120 characters; two calls that differ beyond that still differ by their hash.
 */
export function flattenArguments(input: JsonObject): Record<string, string> {
  const flat: [string, string][] = []
  const visit = (value: Json, path: string): void => {
    if (flat.length >= maxEntries) return
    if (value === null || typeof value !== 'object') {
      flat.push([path, JSON.stringify(value).slice(0, maxValue)])
      return
    }
    for (const [key, one] of listEntries(value)) visit(one, `${path}/${escapeKey(key)}`)
  }
  visit(input, '')
  return Object.fromEntries(flat)
}

/**
 * The first of the entries that `flattenArguments` gives whose key `wanted` names, as `path=value`. Keys must
 * be in order.
 */
export function findArgument(input: JsonObject, wanted: RegExp): string | null {
  let seen = 0
  const visit = (value: Json, path: string, key: string): string | null => {
    if (seen >= maxEntries) return null
    if (value === null || typeof value !== 'object') {
      seen += 1
      if (!wanted.test(key)) return null
      return `${path}${key}=${JSON.stringify(value).slice(0, maxValue)}`
    }
    for (const name in value) {
      const one = (value as JsonObject)[name] as Json
      const found = visit(one, path + key, `/${escapeKey(name)}`)
      if (found !== null) return found
    }
    return null
  }
  return visit(input, '', '')
}

type Parent = readonly Json[] | JsonObject

function listEntries(value: Parent): (readonly [string, Json])[] {
  if (Array.isArray(value)) return value.map((one, index) => [String(index), one] as const)
  const parent = value as JsonObject
  return Object.keys(parent)
    .sort()
    .map((key) => [key, parent[key] as Json] as const)
}

const escapeKey = (key: string) =>
  /[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key

/**
 * The same with the keys of every object in order, so that `JSON.stringify` writes what RFC 8785 asks for;
 * null where a key is a number, which objects put first whatever was asked.
 */
export function orderKeys(input: JsonObject): JsonObject | null {
  const keys = Object.keys(input)
  let isOrdered = true
  let isFlat = true
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] as string
    if (/^\d/.test(key)) return null
    if (at > 0 && !((keys[at - 1] as string) < key)) isOrdered = false
    if (typeof input[key] === 'object' && input[key] !== null) isFlat = false
  }
  if (isOrdered && isFlat) return input
  const ordered: Record<string, Json> = {}
  for (const key of isOrdered ? keys : keys.sort()) {
    const value = orderValue(input[key] as Json)
    if (value === undefined) return null
    ordered[key] = value
  }
  return ordered
}

function orderValue(value: Json): Json | undefined {
  if (value === null || typeof value !== 'object') return value
  if (!Array.isArray(value)) return orderKeys(value as JsonObject) ?? undefined
  const ordered = value.map(orderValue)
  return ordered.includes(undefined) ? undefined : (ordered as Json[])
}
