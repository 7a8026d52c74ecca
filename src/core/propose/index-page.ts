import type { ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import { type LineTaintTable, taintOfText } from '../trust/line-taints.ts'
import { findForbidden } from '../trust/quarantine.ts'
import { isBelow, lowestTaint } from '../trust/taint.ts'
import { quoteForeign } from './quoted.ts'

/** From here nobody reads everything to find one thing. */
const fewestDocuments = 8
const indexNames = /(?:^|\/)(?:index|readme|memory|claude|agents)\.md$/i
const path = '/index.md'
const maxTitle = 100

/** A page that says what stands where, for stores that have many documents and no such page. */
export function proposeIndex(
  documents: readonly MemoryDocument[],
  { hash, taints }: { readonly hash: Hash; readonly taints: LineTaintTable },
): ProposedChange[] {
  if (documents.length < fewestDocuments) return []
  if (documents.some((document) => indexNames.test(document.path))) return []
  const lines = documents
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map((document) => `- \`${document.path}\`: ${showTitle(document, taints)}`)
  const content = `# What stands where\n\n${lines.join('\n')}\n`
  return [
    {
      key: hash(`index\0${content}`).slice(0, 24),
      operation: 'add',
      path,
      baseSha256: null,
      edits: [{ start: 0, before: '', after: content }],
      leaves: 'content',
      before: null,
      after: content,
      rationale: `The memory has ${documents.length} documents and none that says what stands where. Every line is the document's own title.`,
      grade: 'D',
      findingKeys: [],
      evidence: [],
      trust: {
        taint: lowestTaint(documents.map((one) => taintOfText(taints, one.path, one.content))),
        quarantine: [],
      },
    },
  ]
}

/** What an agent or a stranger called a document is quoted, and left out where it would instruct. */
function showTitle(document: MemoryDocument, taints: LineTaintTable): string {
  const title = titleOf(document)
  if (!isBelow(taintOfText(taints, document.path, document.content), 'user')) return title
  return findForbidden([title]) === null ? `${quoteForeign(title)} (unverified)` : '(no title)'
}

/** The first heading, else the first words; without markup that would become the index's own. */
function titleOf({ content }: MemoryDocument): string {
  const body = content.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, '')
  const heading = /^#{1,6}\s+(.+)$/m.exec(body)?.[1]
  const first = heading ?? body.split('\n').find((line) => line.trim() !== '') ?? ''
  const plain = first
    .replace(/[`*_#<>[\]|]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  return plain === '' ? 'empty' : plain.slice(0, maxTitle)
}
