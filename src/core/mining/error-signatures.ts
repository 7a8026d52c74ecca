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

/**
 * Up to this many different words in one place tell errors apart ("VM started", "VM stopped"); more are
 * values ("no user anna", "no user bo", …).
 */
const fewWords = 4

/** Words beside a place that a message needs before what stands there can be taken for a value. */
const fewestWords = 3

interface Cluster {
  tokens: readonly string[]
  readonly rows: Row[]
}

/** Equal messages share their tokens. */
interface Row {
  readonly tokens: readonly string[]
  readonly occurrence: Occurrence
}

interface Leaf {
  readonly tool: string
  readonly clusters: Cluster[]
  /** Counts what changed which cluster a message belongs to. */
  changes: number
}

/** One message of one tool: where it went last, which holds as long as nothing in the leaf changes. */
interface Message {
  readonly tokens: readonly string[]
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
      const occurrence = { one, member, index: at - from }
      join(message).rows.push({ tokens: message.tokens, occurrence })
    }
  }
  const split = leaves
    .list()
    .flatMap(({ tool, clusters }) =>
      clusters.flatMap(splitByWords).map((cluster) => ({ ...cluster, tool })),
    )
  return [...Map.groupBy(split, ({ tool }) => tool)]
    .flatMap(([tool, own]) =>
      joinByValues(own).map(({ tokens, rows }) => ({
        tool,
        template: tokens.join(' '),
        first: (rows[0] as Row).tokens.join(' '),
        occurrences: rows.map(({ occurrence }) => occurrence),
      })),
    )
    .toSorted((a, b) => b.occurrences.length - a.occurrences.length || compareNames(a, b))
}

class Leaves {
  readonly #leaves = new Map<string, Leaf>()
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

  list(): readonly Leaf[] {
    return [...this.#leaves.values()]
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
    best = { tokens, rows: [] }
    leaf.clusters.push(best)
    leaf.changes += 1
  } else {
    const { tokens: before } = best
    best.tokens = wildcard(before, tokens)
    if (best.tokens.some((token, index) => token !== before[index])) leaf.changes += 1
  }
  message.cluster = best
  message.changes = leaf.changes
  return best
}

/** Takes a cluster apart where a place that varies holds few words, each of them often enough to be no value. */
function splitByWords({ tokens, rows }: Cluster): Cluster[] {
  if (!tokens.includes('<*>')) return [{ tokens, rows }]
  const places = tokens.flatMap((token, place) => {
    if (token !== '<*>' || named.test(tokens[place - 1] ?? '')) return []
    const words = new Set(rows.map((row) => row.tokens[place] ?? ''))
    const few = words.size <= fewWords && rows.length >= 2 * words.size
    return few && [...words].every(isWord) ? [place] : []
  })
  if (places.length === 0) return [{ tokens, rows }]
  const groups = Map.groupBy(rows, (row) => places.map((place) => row.tokens[place]).join('\0'))
  return [...groups.values()].map((group) => ({ tokens: generalise(group), rows: group }))
}

/** Behind such a word stands a name, however few of them there are. */
const named = /^(?:user|username|account|group|host|hostname|table|column|package|module)$/

/** A word may end in a digit, as names of protocols do. */
const isWord = (token: string) => !/\d\D*\d|</.test(token) && /\p{L}{2}/u.test(token)

/** Joins clusters that are equal but for one place, where that place holds more words than tell errors apart. */
function joinByValues(clusters: readonly Cluster[]): Cluster[] {
  const byLength = Map.groupBy(clusters, ({ tokens }) => tokens.length)
  return [...byLength].flatMap(([length, group]) =>
    group.length > fewWords ? joinAtAnyPlace(group, length) : group,
  )
}

function joinAtAnyPlace(clusters: readonly Cluster[], length: number): Cluster[] {
  let left = [...clusters]
  for (let place = 0; place < length; place += 1) {
    const alike = Map.groupBy(left, ({ tokens }) =>
      tokens.map((token, at) => (at === place ? '<*>' : token)).join(' '),
    )
    left = [...alike.values()].flatMap((group) =>
      group.length > fewWords && countWords(group[0]?.tokens ?? []) > fewestWords
        ? [joinAll(group)]
        : group,
    )
  }
  return left
}

const countWords = (tokens: readonly string[]) => tokens.filter(isWord).length

function joinAll(group: readonly Cluster[]): Cluster {
  const rows = group
    .flatMap((cluster) => cluster.rows)
    .toSorted(({ occurrence: a }, { occurrence: b }) => a.member - b.member || a.index - b.index)
  return { tokens: generalise(group), rows }
}

/** The template of all: what is not the same everywhere varies. */
const generalise = (all: readonly { readonly tokens: readonly string[] }[]): readonly string[] =>
  all.map(({ tokens }) => tokens).reduce(wildcard)

const wildcard = (template: readonly string[], tokens: readonly string[]): readonly string[] =>
  tokens === template
    ? template
    : template.map((token, place) => (token === tokens[place] ? token : '<*>'))

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
    .replace(/<[A-Z]+>|[^<]+/g, (part) => (/^<[A-Z]+>$/.test(part) ? part : part.toLowerCase()))
    .split(' ')
    .filter((token) => token !== '')

const compareNames = (a: ErrorSignature, b: ErrorSignature) => {
  const [left, right] = [`${a.tool}\0${a.template}`, `${b.tool}\0${b.template}`]
  return left < right ? -1 : left > right ? 1 : 0
}
