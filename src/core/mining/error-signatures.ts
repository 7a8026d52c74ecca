import type { Lexicon } from '../transcript/lexicon.ts'
import { statusError, statusMask } from '../transcript/step-columns.ts'
import type { LaidOutCase } from './case.ts'

/** Errors of one tool that say the same, parts that vary as <…>. */
export interface ErrorSignature {
  readonly tool: string
  readonly template: string
  /** The first masked message of the cluster: names it for good, whatever joins later. */
  readonly first: string
  readonly occurrences: readonly Occurrence[]
}

export interface Occurrence {
  readonly one: LaidOutCase
  /** Index of the case in the population. */
  readonly member: number
  /** Index of the failed step. */
  readonly index: number
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

interface Leaf {
  readonly clusters: Cluster[]
  /** Counts what changed which cluster a message belongs to. */
  changes: number
}

/** One message of one tool: where it went last, which holds as long as nothing in the leaf changes. */
interface Message {
  readonly tokens: string[]
  readonly leaf: Leaf
  cluster: Cluster | null
  changes: number
}

/**
 * Groups failed steps by template with Drain's fixed-depth tree (He et al. 2017): tool, token count, first
 * tokens, then the most similar cluster of the leaf. Cases must be in canonical order: it decides templates.
 */
export function clusterErrors(cases: readonly LaidOutCase[]): ErrorSignature[] {
  const leaves = new Leaves()
  for (const [member, one] of cases.entries()) {
    const { columns, from, to } = one.steps
    for (let at = from; at < to; at += 1) {
      const error = columns.error[at] as number
      if (error === -1 || ((columns.flags[at] as number) & statusMask) !== statusError) continue
      const message = leaves.find(columns.tool[at] as number, error, columns.lexicon)
      join(message).occurrences.push({ one, member, index: at - from })
    }
  }
  return leaves
    .list()
    .toSorted((a, b) => b.occurrences.length - a.occurrences.length || compareNames(a, b))
}

class Leaves {
  readonly #leaves = new Map<string, Leaf & { readonly tool: string }>()
  readonly #children = new Map<string, Set<string>>()
  readonly #messages = new Map<number, Map<number, Message>>()

  find(tool: number, error: number, lexicon: Lexicon): Message {
    const ofTool = this.#messages.get(tool) ?? new Map<number, Message>()
    this.#messages.set(tool, ofTool)
    const known = ofTool.get(error)
    if (known) return known
    const name = lexicon.textOf(tool)
    const tokens = tokenise(lexicon.textOf(error))
    const place = descend(name, tokens, this.#children)
    const leaf = this.#leaves.get(place) ?? { tool: name, clusters: [], changes: 0 }
    this.#leaves.set(place, leaf)
    const message: Message = { tokens, leaf, cluster: null, changes: -1 }
    ofTool.set(error, message)
    return message
  }

  list(): ErrorSignature[] {
    return [...this.#leaves.values()].flatMap(({ tool, clusters }) =>
      clusters.map(({ tokens, first, occurrences }) => ({
        tool,
        template: tokens.join(' '),
        first,
        occurrences,
      })),
    )
  }
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

/** The cluster that takes the message, made more general by it. */
function join(message: Message): Cluster {
  const { leaf, tokens } = message
  if (message.cluster && message.changes === leaf.changes) return message.cluster
  let best: Cluster | null = null
  let highest = 0
  for (const cluster of leaf.clusters) {
    const similarity = similarityOf(cluster.tokens, tokens)
    if (similarity > highest) [best, highest] = [cluster, similarity]
  }
  if (!best || highest < similarityThreshold) {
    best = { tokens, first: tokens.join(' '), occurrences: [] }
    leaf.clusters.push(best)
    leaf.changes += 1
  } else {
    const merged = best.tokens.map((token, index) => (token === tokens[index] ? token : '<*>'))
    if (merged.some((token, index) => token !== best?.tokens[index])) leaf.changes += 1
    best.tokens = merged
  }
  message.cluster = best
  message.changes = leaf.changes
  return best
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
