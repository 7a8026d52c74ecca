import { createHmac } from 'node:crypto'
import { lintSource } from '@secretlint/core'
import { secretLintProfiler } from '@secretlint/profiler'
import { creator } from '@secretlint/secretlint-rule-preset-recommend'
import type { Json } from '../core/session.ts'
import { findSecretShapes } from '../core/trust/secret-shapes.ts'
import type { Mask } from './importer.ts'

/** The scanner works at 4 MB/s on kilobytes and at 60 MB/s on pieces of this size. */
const pieceCharacters = 256 * 1024
/** Between two strings, so that no pattern matches across them. */
const separator = '\n\0\n'

interface Place {
  readonly record: number
  readonly text: string
}

// It would note the time of every rule in a list that only grows: a leak in a long import.
secretLintProfiler.setEnabled(false)

/**
 * Masks what secretlint's recommended rules and our own shapes find, as `<secret:RULE:HMAC>` with the first 8 hex digits of
 * HMAC-SHA256(key, secret). Strings are scanned as they are after JSON parsing, so that a private key over
 * several lines is found. A string of any length is scanned whole.
 */
export function createMask({ key }: { readonly key: string }): Mask {
  return async (records) => {
    const places = records.flatMap((record, index) => collectStrings(record, index))
    const replaced = new Map<string, string>()
    const secrets = records.map(() => 0)
    for (const piece of cutIntoPieces(places)) await maskPiece(piece, { key, replaced, secrets })
    if (replaced.size === 0) return { records, secrets }
    return { records: records.map((record) => replaceStrings(record, replaced)), secrets }
  }
}

interface Found {
  readonly key: string
  /** Every string that held a secret → the string without it. */
  readonly replaced: Map<string, string>
  readonly secrets: number[]
}

async function maskPiece(places: readonly Place[], found: Found): Promise<void> {
  const content = places.map((place) => place.text).join(separator)
  const matches = await findSecrets(content)
  if (matches.length === 0) return
  let offset = 0
  for (const { record, text } of places) {
    const end = offset + text.length
    const inside = matches.filter((match) => match.start < end && match.end > offset)
    if (inside.length > 0) {
      const local = inside.map(({ start, end: to, rule }) => ({
        rule,
        start: Math.max(start - offset, 0),
        end: Math.min(to - offset, text.length),
      }))
      found.replaced.set(text, cutOut(text, local, found.key))
      found.secrets[record] = (found.secrets[record] ?? 0) + local.length
    }
    offset = end + separator.length
  }
}

interface Match {
  readonly rule: string
  readonly start: number
  readonly end: number
}

/** In order and without overlap: of rules that claim the same text the first one names it, and all of it goes. */
async function findSecrets(content: string): Promise<Match[]> {
  const { messages } = await lintSource({
    source: { content, filePath: 'transcript.txt', ext: '.txt', contentType: 'text' },
    options: {
      locale: 'en',
      maskSecrets: false,
      config: {
        rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, rules: [] }],
      },
    },
  })
  const scanned = messages.map(({ ruleId, range }) => ({
    rule: ruleId.replace(/^.*secretlint-rule-/, ''),
    start: range[0],
    end: range[1],
  }))
  const matches: Match[] = []
  const found = [...scanned, ...findSecretShapes(content)]
  for (const match of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = matches.at(-1)
    if (!last || match.start >= last.end) matches.push(match)
    else if (match.end > last.end) matches[matches.length - 1] = { ...last, end: match.end }
  }
  return matches
}

function cutOut(text: string, matches: readonly Match[], key: string): string {
  let masked = ''
  let from = 0
  for (const { rule, start, end } of matches) {
    const hash = createHmac('sha256', key).update(text.slice(start, end)).digest('hex').slice(0, 8)
    masked += `${text.slice(from, start)}<secret:${rule}:${hash}>`
    from = end
  }
  return masked + text.slice(from)
}

function* cutIntoPieces(places: readonly Place[]): Generator<Place[]> {
  let piece: Place[] = []
  let characters = 0
  for (const place of places) {
    piece.push(place)
    characters += place.text.length
    if (characters < pieceCharacters) continue
    yield piece
    piece = []
    characters = 0
  }
  if (piece.length > 0) yield piece
}

/** Nothing shorter can hold a secret that any rule knows. */
const shortestSecret = 8

function collectStrings(value: Json, record: number): Place[] {
  const places: Place[] = []
  const waiting: Json[] = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') {
      if (next.length >= shortestSecret) places.push({ record, text: next })
    } else if (Array.isArray(next)) waiting.push(...next)
    else if (next !== null && typeof next === 'object') {
      waiting.push(...Object.keys(next), ...(Object.values(next) as Json[]))
    }
  }
  return places
}

function replaceStrings(value: Json, replaced: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') return replaced.get(value) ?? value
  if (Array.isArray(value)) return value.map((one) => replaceStrings(one, replaced))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value as Record<string, Json>).map(
    ([key, one]) => [replaced.get(key) ?? key, replaceStrings(one, replaced)] as const,
  )
  return Object.fromEntries(entries)
}
