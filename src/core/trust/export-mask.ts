import type { Json } from '../session.ts'
import { maskPersonalData, type Sign } from './personal-data.ts'

/** Replaces secrets in every string, as imports do. */
type MaskSecrets = (records: readonly Json[]) => Promise<{ readonly records: readonly Json[] }>

export interface ExportMask {
  readonly mask: MaskSecrets
  readonly sign: Sign
  /** Whom sessions worked for, as their sources name them: no pattern knows a name. */
  readonly names: readonly string[]
}

/**
 * What leaves the house: every string without secrets, personal data and the names of those it came from, each
 * replaced by a placeholder that is the same wherever the same value stood.
 */
export async function maskForExport<T>(value: T, { mask, sign, names }: ExportMask): Promise<T> {
  const { records } = await mask([value as Json])
  const known = names.filter(isTelling).toSorted((a, b) => b.length - a.length)
  const clean = (text: string) => maskNames(maskPersonalData(text, sign).text, known, sign)
  return mapStrings(records[0] as Json, clean) as T
}

/** Shorter ones, and plain numbers, stand in texts that do not speak of anybody. */
const isTelling = (name: string) => name.length >= 4 && /\p{L}/u.test(name)

const wordCharacter = /[\p{L}\p{N}_]/u

function maskNames(text: string, names: readonly string[], sign: Sign): string {
  let masked = text
  for (const name of names) {
    if (!masked.includes(name)) continue
    const placeholder = `<personal:name:${sign(`name\0${name}`).slice(0, 8)}>`
    masked = masked
      .split(name)
      .reduce((done, rest) =>
        wordCharacter.test(done.at(-1) ?? '') || wordCharacter.test(rest[0] ?? '')
          ? done + name + rest
          : done + placeholder + rest,
      )
  }
  return masked
}

function mapStrings(value: Json, map: (text: string) => string): Json {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map((one) => mapStrings(one, map))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, mapStrings(one as Json, map)]),
  )
}
