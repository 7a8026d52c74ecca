import type { Nodes, Parents, RootContent } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import type { Item } from './item.ts'
import { normaliseText } from './words.ts'

/** A document as its items, in order. What lies between two items is white space and markup only. */
export function parseItems(document: MemoryDocument, hash: Hash): Item[] {
  const { content } = document
  const frontmatter = /^---\r?\n[\s\S]*?\r?\n---(?=\r?\n|$)/.exec(content)?.[0] ?? ''
  const collector = new Collector(document, hash)
  if (frontmatter !== '') collector.add('frontmatter', { start: 0, end: frontmatter.length })
  // Blanks instead of the front matter, so that offsets stay those of the document.
  const body = ' '.repeat(frontmatter.length) + content.slice(frontmatter.length)
  const masked = frontmatter === '' ? content : `\n${body.slice(1)}`
  const tree = fromMarkdown(masked, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
  for (const node of tree.children) visit(node, collector)
  return collector.items
}

interface Range {
  readonly start: number
  readonly end: number
}

class Collector {
  readonly items: Item[] = []
  readonly #document: MemoryDocument
  readonly #hash: Hash
  readonly #headings: { readonly depth: number; readonly text: string }[] = []
  readonly #twins = new Map<string, number>()

  constructor(document: MemoryDocument, hash: Hash) {
    this.#document = document
    this.#hash = hash
  }

  add(kind: Item['kind'], { start, end }: Range, hasChildren = false): void {
    const { path, content } = this.#document
    const text = content.slice(start, end)
    if (text.trim() === '') return
    const headings = this.#headings.map((heading) => heading.text)
    const name = [path, ...headings, kind, normaliseText(text)].join('\0')
    const ordinal = this.#twins.get(name) ?? 0
    this.#twins.set(name, ordinal + 1)
    const id = this.#hash(`${name}\0${ordinal}`).slice(0, 24)
    this.items.push({ id, path, kind, headings, start, end, text, hasChildren })
  }

  enter(depth: number, text: string): void {
    while ((this.#headings.at(-1)?.depth ?? 0) >= depth) this.#headings.pop()
    this.#headings.push({ depth, text })
  }
}

function visit(node: RootContent | Nodes, collector: Collector): void {
  switch (node.type) {
    case 'heading':
      collector.add('heading', rangeOf(node))
      collector.enter(node.depth, textOf(node))
      return
    case 'list':
      for (const child of node.children) visit(child, collector)
      return
    case 'listItem':
      visitBullet(node, collector)
      return
    case 'table':
      for (const row of node.children) collector.add('row', rangeOf(row))
      return
    case 'paragraph':
      collector.add('paragraph', rangeOf(node))
      return
    case 'code':
      collector.add('code', rangeOf(node))
      return
    default:
      collector.add('other', rangeOf(node))
  }
}

/** A bullet is its own text up to the first list inside it; what follows is items of its own. */
function visitBullet(node: Extract<Nodes, { type: 'listItem' }>, collector: Collector): void {
  const { start, end } = rangeOf(node)
  const first = node.children.findIndex((child) => child.type === 'list')
  const own = first === -1 ? node.children : node.children.slice(0, first)
  const last = own.at(-1)
  const ownEnd = first === -1 ? end : last ? rangeOf(last).end : start
  collector.add('bullet', { start, end: ownEnd }, first !== -1)
  for (const child of first === -1 ? [] : node.children.slice(first)) visit(child, collector)
}

function rangeOf(node: Nodes): Range {
  return { start: node.position?.start.offset ?? 0, end: node.position?.end.offset ?? 0 }
}

function textOf(node: Nodes): string {
  if ('value' in node) return node.value
  return 'children' in node ? (node as Parents).children.map(textOf).join('') : ''
}
