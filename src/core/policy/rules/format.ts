import { fromMarkdown } from 'mdast-util-from-markdown'
import { addedText } from '../facts.ts'
import { deny, type Gate, none } from './gate.ts'

const markdownName = /\.(?:md|markdown)$/i
const frontmatterBlock = /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/
const deepest = 6

export const format: readonly Gate[] = [
  {
    rule: 'content.format.type',
    judge: ({ content }, { change, document }) =>
      content.format.type === 'markdown' &&
      document.after !== null &&
      !markdownName.test(change.path)
        ? deny(change.path, 'a Markdown file (.md)')
        : none,
  },
  {
    rule: 'content.format.html',
    judge({ content }, judged) {
      if (content.format.html) return none
      const tag = findHtml(addedText(judged))
      return tag === null ? none : deny(`HTML: ${tag.slice(0, 40)}`, 'no HTML')
    },
  },
  {
    rule: 'content.format.frontmatter',
    judge({ content }, { document }) {
      if (document.after === null) return none
      const block = frontmatterBlock.exec(document.after)?.[1] ?? ''
      const keys = new Set(block.split('\n').map((line) => line.split(':')[0]?.trim()))
      const missing = content.format.frontmatter.filter((key) => !keys.has(key))
      return missing.length === 0
        ? none
        : deny(
            `no ${missing.join(', ')} in the front matter`,
            content.format.frontmatter.join(', '),
          )
    },
  },
  {
    rule: 'content.format.maxHeadingDepth',
    judge({ content }, judged) {
      const most = content.format.maxHeadingDepth
      if (most >= deepest) return none
      const depth = Math.max(0, ...listHeadings(addedText(judged)))
      return depth <= most ? none : deny(`a heading of depth ${depth}`, `at most ${most}`)
    },
  },
]

const listHeadings = (text: string): number[] =>
  fromMarkdown(text).children.flatMap((node) => (node.type === 'heading' ? [node.depth] : []))

/** Comments are HTML as well: agents read them and people do not see them. */
function findHtml(text: string): string | null {
  const waiting: { type: string; value?: string; children?: unknown[] }[] = [fromMarkdown(text)]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.type === 'html') return node.value ?? ''
    waiting.push(...((node.children ?? []) as typeof waiting))
  }
  return null
}
