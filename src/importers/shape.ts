import type { ContentBlock, Json, JsonObject, ModelUsage } from '../core/session.ts'

/** Reading foreign JSON without trusting its shape: what is not there or not of the kind asked for is null. */
export function asObject(value: Json | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : null
}

export function asArray(value: Json | undefined): readonly Json[] | null {
  return Array.isArray(value) ? value : null
}

export function asString(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

export function asNumber(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A string or a number as text: sources number their tasks either way. */
export function asKey(value: Json | undefined): string | null {
  return typeof value === 'number' ? String(value) : asString(value)
}

export function asBoolean(value: Json | undefined): boolean | null {
  return typeof value === 'boolean' ? value : null
}

/**
 * RFC 3339 in UTC, or null. A time without a zone is read as UTC: the sources that write such times do not
 * say where they ran, and only differences between them are used.
 */
export function asTimestamp(value: Json | undefined): string | null {
  const text = asString(value)
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return null
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

export function textContent(text: string): readonly ContentBlock[] {
  return [{ type: 'text', text }]
}

/** The arguments of a call: an object, or the JSON text of one; anything else is kept under `input`. */
export function asInput(value: Json | undefined): JsonObject {
  if (value === undefined || value === null) return {}
  const object = asObject(value)
  if (object) return object
  if (typeof value === 'string') {
    try {
      const parsed = asObject(JSON.parse(value))
      if (parsed) return parsed
    } catch {
      // Not JSON: kept as it is.
    }
  }
  return { input: value }
}

/** Token counts under the names of either large vendor. */
export function asUsage(value: Json | undefined): ModelUsage | null {
  const usage = asObject(value)
  if (!usage) return null
  const count = (...names: string[]) =>
    names.map((name) => asNumber(usage[name])).find((one) => one !== null) ?? 0
  return {
    input_tokens: count('input_tokens', 'prompt_tokens'),
    output_tokens: count('output_tokens', 'completion_tokens'),
    cache_creation_input_tokens: count('cache_creation_input_tokens'),
    cache_read_input_tokens: count('cache_read_input_tokens'),
  }
}

const exposureKey = 'lucidream.exposure_id'
/** Ids with commas between them; more than this names nothing. */
const longestNames = 2_000

/**
 * The label by which a session names the exposures it had, from the first of these records that says so itself or in its
 * `metadata`; no label where none does.
 */
export function exposureLabel(
  ...records: readonly (Json | undefined)[]
): Readonly<Record<string, string>> {
  for (const value of records) {
    const record = asObject(value)
    const named = asString(record?.[exposureKey] ?? asObject(record?.metadata)?.[exposureKey])
    if (named && named.length <= longestNames) return { [exposureKey]: named }
  }
  return {}
}
