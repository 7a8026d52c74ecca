import { readFileSync } from 'node:fs'
import { presets, type SenderKind } from '../../core/receive/scheme.ts'

const read = new Map<SenderKind, string>()

/** The mapping that comes with a provider, as a file that users can copy and change; null where none does. */
export function findBuiltInMapping(provider: SenderKind): string | null {
  if (!presets[provider].mapped) return null
  const known = read.get(provider)
  if (known !== undefined) return known
  const text = readFileSync(new URL(`./mappings/${provider}.jsonata`, import.meta.url), 'utf8')
  read.set(provider, text)
  return text
}
