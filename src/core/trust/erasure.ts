import type { SessionId } from '../ids.ts'
import type { FindingDetail } from '../mining/finding.ts'
import type { Json } from '../session.ts'
import { keysOf } from './line-taints.ts'

/** What stands where words were. */
export const erasedWords = 'Erased.'

const erasedPrefix = 'erased:'
/** The key of a session whose words were erased: the source's own may name somebody. */
export const erasedKey = (id: SessionId): string => `${erasedPrefix}${id}`
export const isErasedKey = (key: string): boolean => key.startsWith(erasedPrefix)

/** Parts of a finding that hold words of transcripts, memories or outcomes; the others are counts and names of calls. */
const foreign: ReadonlySet<string> = new Set([
  'template',
  'rejectedAct',
  'about',
  'source',
  'criterion',
  'line',
  'entity',
  'attribute',
  'stated',
  'observed',
])

/** The detail of a finding with its figures and without anybody's words. */
export function eraseDetail(detail: FindingDetail): FindingDetail {
  const entries = Object.entries(detail).map(([name, value]) => {
    if (name === 'words') return [name, []]
    if (name === 'recoveries') return [name, []]
    return [name, foreign.has(name) && typeof value === 'string' ? erasedWords : value]
  })
  return Object.fromEntries(entries) as FindingDetail
}

/** What is to be recognised in texts that were made of erased ones. */
export interface Erased {
  /** Words as they stood; long enough not to be met by chance. */
  readonly phrases: readonly string[]
  /** Lines by `keysOf`. */
  readonly lines: ReadonlySet<string>
}

/** Shorter ones stand in texts that have nothing to do with it. */
export const shortestPhrase = 8

/** The same value with every string in which something erased stands replaced; the value itself where none does. */
export function eraseStrings(value: Json, erased: Erased): Json {
  if (typeof value === 'string') return holds(value, erased) ? erasedWords : value
  if (Array.isArray(value)) {
    const mapped = value.map((one) => eraseStrings(one, erased))
    return mapped.every((one, at) => one === value[at]) ? value : mapped
  }
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(
    ([name, one]) => [name, eraseStrings(one, erased)] as const,
  )
  return entries.every(([name, one]) => one === (value as Record<string, Json>)[name])
    ? value
    : Object.fromEntries(entries)
}

const holds = (text: string, { phrases, lines }: Erased): boolean =>
  phrases.some((phrase) => text.includes(phrase)) || keysOf(text).some((key) => lines.has(key))

/** As long as before, so that places in a history still fit. */
export const blankOut = (text: string): string => text.replace(/[^\n]/g, '·')
