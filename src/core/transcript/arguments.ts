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

/** The first of the entries that `flattenArguments` gives whose key `wanted` names, as `path=value`. */
export function findArgument(input: JsonObject, wanted: RegExp): string | null {
  let seen = 0
  const visit = (value: Json, path: string, key: string): string | null => {
    if (seen >= maxEntries) return null
    if (value === null || typeof value !== 'object') {
      seen += 1
      if (!wanted.test(key)) return null
      return `${path}${key}=${JSON.stringify(value).slice(0, maxValue)}`
    }
    for (const [name, one] of listEntries(value)) {
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

/** RFC 8785 of JSON with its keys in order already is what `JSON.stringify` writes. */
export function isOrdered(value: Json): boolean {
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every(isOrdered)
  let before: string | null = null
  for (const key in value as JsonObject) {
    if (before !== null && !(before < key)) return false
    before = key
    if (!isOrdered((value as JsonObject)[key] as Json)) return false
  }
  return true
}
