import type { Step } from '../transcript/trace.ts'
import type { Case } from './case.ts'

/** Errors of one tool that say the same, parts that vary as <…>. */
export interface ErrorSignature {
  readonly tool: string
  readonly template: string
  /** The first masked message of the cluster: names it for good, whatever joins later. */
  readonly first: string
  readonly occurrences: readonly Occurrence[]
}

export interface Occurrence {
  readonly one: Case
  /** Index of the case in the population. */
  readonly member: number
  readonly step: Step
}

/** Share of equal tokens from which two messages are the same error; Drain's own default is 0.4. */
const similarityThreshold = 0.5
/** Tree levels by leading tokens, and tokens told apart on one level (Drain's depth 4, 100 children). */
const prefixTokens = 2
const maxChildren = 100
const maxTokens = 24

interface Cluster {
  tokens: string[]
  readonly first: string
  readonly occurrences: Occurrence[]
}

/**
 * Groups failed steps by template with Drain's fixed-depth tree (He et al. 2017): tool, token count, first
 * tokens, then the most similar cluster of the leaf. Cases must be in canonical order: it decides templates.
 */
export function clusterErrors(cases: readonly Case[]): ErrorSignature[] {
  const leaves = new Map<string, Cluster[]>()
  const children = new Map<string, Set<string>>()
  for (const [member, one] of cases.entries()) {
    for (const step of one.trace.steps) {
      if (step.status !== 'error' || step.error === null) continue
      const tokens = tokenise(step.error)
      const leaf = descend(step.tool, tokens, children)
      const clusters = leaves.get(leaf) ?? []
      leaves.set(leaf, clusters)
      join(clusters, tokens, { one, member, step })
    }
  }
  return [...leaves]
    .flatMap(([leaf, clusters]) =>
      clusters.map(({ tokens, first, occurrences }) => ({
        tool: leaf.split('\0')[0] ?? '',
        template: tokens.join(' '),
        first,
        occurrences,
      })),
    )
    .toSorted((a, b) => b.occurrences.length - a.occurrences.length || compareNames(a, b))
}

function descend(
  tool: string,
  tokens: readonly string[],
  children: Map<string, Set<string>>,
): string {
  let node = `${tool}\0${Math.min(tokens.length, maxTokens)}`
  for (const token of tokens.slice(0, prefixTokens)) {
    const known = children.get(node) ?? new Set()
    children.set(node, known)
    const plain = /\d|^<.*>$/.test(token) ? '<*>' : token
    const step = known.has(plain) || known.size < maxChildren ? plain : '<*>'
    known.add(step)
    node += `\0${step}`
  }
  return node
}

function join(clusters: Cluster[], tokens: string[], occurrence: Occurrence): void {
  let best: Cluster | null = null
  let highest = 0
  for (const cluster of clusters) {
    const similarity = similarityOf(cluster.tokens, tokens)
    if (similarity > highest) [best, highest] = [cluster, similarity]
  }
  if (!best || highest < similarityThreshold) {
    clusters.push({ tokens, first: tokens.join(' '), occurrences: [occurrence] })
    return
  }
  best.tokens = best.tokens.map((token, index) => (token === tokens[index] ? token : '<*>'))
  best.occurrences.push(occurrence)
}

function similarityOf(a: readonly string[], b: readonly string[]): number {
  const length = Math.max(a.length, b.length)
  if (length === 0) return 1
  let equal = 0
  a.forEach((token, index) => {
    if (token === b[index]) equal += 1
  })
  return equal / length
}

/** In lower case, so that "Payment …" and "payment …" are one error; masks keep theirs. */
const tokenise = (message: string) =>
  message
    .split(' ')
    .filter((token) => token !== '')
    .map((token) => (/<[A-Z]+>/.test(token) ? token : token.toLowerCase()))

const compareNames = (a: ErrorSignature, b: ErrorSignature) => {
  const [left, right] = [`${a.tool}\0${a.template}`, `${b.tool}\0${b.template}`]
  return left < right ? -1 : left > right ? 1 : 0
}
