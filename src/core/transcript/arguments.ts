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
    const entries = Array.isArray(value)
      ? value.map((one, index) => [String(index), one] as const)
      : Object.entries(value as JsonObject).toSorted(([a], [b]) => (a < b ? -1 : 1))
    for (const [key, one] of entries) {
      visit(one, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    }
  }
  visit(input, '')
  return Object.fromEntries(flat)
}
