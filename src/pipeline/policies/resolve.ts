import type { Fault, GivenPolicy } from '../../core/policy/given.ts'
import { type ResolvedPolicy, resolvePolicies } from '../../core/policy/resolve.ts'
import { readPolicy } from './read.ts'

export interface PolicyText {
  readonly file: string
  readonly text: string
}

export interface ResolvedTexts {
  readonly policies: readonly (ResolvedPolicy & { readonly text: string })[]
  readonly faults: readonly Fault[]
}

/**
 * Reads policy files together. A file that cannot be read stands at fault, and its last good text, where there
 * is one, is read in its place.
 */
export function resolveTexts(
  texts: readonly PolicyText[],
  lastGood: ReadonlyMap<string, string> = new Map(),
): ResolvedTexts {
  const faults: Fault[] = []
  const used = new Map<string, string>()
  const given = texts.flatMap(({ file, text }): GivenPolicy[] => {
    const read = readPolicy(file, text)
    faults.push(...read.faults)
    const good = read.policy === null ? lastGood.get(file) : text
    if (good === undefined) return []
    used.set(file, good)
    return [read.policy ?? readPolicy(file, good).policy ?? []].flat()
  })
  const resolution = resolvePolicies(given)
  return {
    policies: resolution.policies.map((policy) => ({
      ...policy,
      text: used.get(policy.file) ?? '',
    })),
    faults: [...faults, ...resolution.faults],
  }
}

export const showFault = ({ file, line, message }: Fault): string => `${file}:${line}: ${message}`
