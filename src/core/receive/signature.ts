import type { Json } from '../session.ts'
import type { HmacScheme, Place, TimePlace } from './scheme.ts'

/** Headers by lower-case name. */
export type Headers = Readonly<Record<string, string>>

/** A header with more entries than this is nobody's signature. */
const mostEntries = 20

/** What a signature header says: its signatures, and the time where it carries one. */
export function readSignatureHeader(
  { prefix, separator, timestamp }: HmacScheme,
  text: string,
): { readonly signatures: readonly string[]; readonly timestamp: string | null } {
  const entries = (separator === null ? [text] : text.split(separator, mostEntries)).map((entry) =>
    entry.trim(),
  )
  const after = (start: string) =>
    entries.filter((entry) => entry.startsWith(start)).map((entry) => entry.slice(start.length))
  const time = timestamp?.in === 'signature' ? after(timestamp.prefix)[0] : undefined
  return { signatures: after(prefix).filter((one) => one !== ''), timestamp: time ?? null }
}

/** The texts before, between and behind the bodies of a template, with the time filled in. */
export function fillTemplate(template: string, timestamp: string): readonly string[] {
  return template.split('{body}').map((part) => part.replaceAll('{timestamp}', () => timestamp))
}

/** A time as its sender writes it, as milliseconds since the epoch; null when it is none. */
export function readTime(format: TimePlace['format'], text: string): number | null {
  if (format === 'iso') {
    const ms = /^\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)$/.test(text)
      ? Date.parse(text)
      : Number.NaN
    return Number.isFinite(ms) ? ms : null
  }
  if (!/^\d{1,14}$/.test(text)) return null
  return format === 'seconds' ? Number(text) * 1_000 : Number(text)
}

/** A short text or number at a place of a delivery; null where there is none. */
export function readPlace(place: Place | null, headers: Headers, body: Json): string | null {
  if (!place) return null
  const found = place.in === 'header' ? headers[place.name] : follow(body, place.path)
  if (typeof found === 'number') return String(found)
  return typeof found === 'string' && found !== '' && found.length <= mostCharacters ? found : null
}

/** Longer than any id or event name that a sender uses. */
const mostCharacters = 200

function follow(body: Json, path: string): Json | undefined {
  let at: Json | undefined = body
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return undefined
    at = Object.hasOwn(at, name) ? (at as Readonly<Record<string, Json>>)[name] : undefined
  }
  return at
}
