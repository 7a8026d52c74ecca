import { createHash } from 'node:crypto'

/** Published rules for "these two say the same", in own words, as floors to be compared with. */
export const rules: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  'do nothing': () => false,
  // mem0 OSS: the MD5 of the text.
  'mem0 MD5': (a, b) => md5(a) === md5(b),
  // Honcho: stripped and lower-cased texts are equal.
  'Honcho strip and lower': (a, b) => plain(a) === plain(b),
  // Hindsight: equal but for white space.
  'Hindsight white space': (a, b) =>
    a.replace(/\s+/g, ' ').trim() === b.replace(/\s+/g, ' ').trim(),
  // OpenClaw light phase: Jaccard of lower-case [a-z0-9_]+ tokens, 0.90; REM phase 0.88.
  'OpenClaw Jaccard 0.90': (a, b) => jaccard(tokens(a), tokens(b)) >= 0.9,
  'OpenClaw Jaccard 0.88': (a, b) => jaccard(tokens(a), tokens(b)) >= 0.88,
  // agentmemory remember: Jaccard above 0.70.
  'agentmemory Jaccard 0.70': (a, b) => jaccard(tokens(a), tokens(b)) > 0.7,
  // Graphiti: 3-gram shingles without spaces, true Jaccard 0.90 behind MinHash bands, entropy 1.5 at least.
  'Graphiti shingles 0.90': (a, b) =>
    entropy(a) >= 1.5 && entropy(b) >= 1.5 && jaccard(shingles(a), shingles(b)) >= 0.9,
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const plain = (text: string) => text.trim().toLowerCase()
const tokens = (text: string) => new Set(text.toLowerCase().match(/[a-z0-9_]+/g) ?? [])

function shingles(text: string): Set<string> {
  const letters = text.toLowerCase().replace(/\s+/g, '')
  return new Set(
    Array.from({ length: Math.max(letters.length - 2, 0) }, (_, at) => letters.slice(at, at + 3)),
  )
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const union = a.union(b).size
  return union === 0 ? 0 : a.intersection(b).size / union
}

function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const letter of text.toLowerCase()) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length
    return sum - share * Math.log2(share)
  }, 0)
}
