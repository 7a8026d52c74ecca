import type { ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import { parseItems } from '../items/items.ts'
import type { MemoryDocument } from '../memory.ts'
import type { Finding } from '../mining/finding.ts'
import { type LineTaintTable, taintOfText } from '../trust/line-taints.ts'
import { judgeFinding } from '../trust/quarantine.ts'
import { lowestTaint } from '../trust/taint.ts'

/** Independent tool results that must agree before a stated value is corrected by them. */
const fewestSessions = 2

/**
 * Lines whose value tools state otherwise, with that value put in its place: verified tool output outranks
 * what a memory says (spec B.10). Everything else in the line stays.
 */
export function correctFacts(
  findings: readonly Finding[],
  documents: readonly MemoryDocument[],
  { hash, taints }: { readonly hash: Hash; readonly taints: LineTaintTable },
): ProposedChange[] {
  return findings.flatMap((finding) => {
    const { detail } = finding
    if (detail.kind !== 'observed_fact' || finding.support.sessions < fewestSessions) return []
    const document = documents.find(({ path }) => path === detail.path)
    const item = document && parseItems(document, hash).find(({ text }) => text === detail.line)
    const judged = judgeFinding(finding, 'ours')
    if (!document || !item || judged.heldBack !== null) return []
    const line = taintOfText(taints, item.path, item.text)
    const behind = item.text.toLowerCase().lastIndexOf(lastName(detail.attribute))
    const at = item.text.indexOf(detail.stated, Math.max(behind, 0))
    // A value that stands twice or inside a longer number is not told apart safely.
    if (at === -1 || !standsAlone(item.text, at, detail.stated)) return []
    const after =
      item.text.slice(0, at) + detail.observed + item.text.slice(at + detail.stated.length)
    return [
      {
        key: hash(`correct\0${item.id}\0${finding.key}`).slice(0, 24),
        operation: 'supersede' as const,
        path: document.path,
        baseSha256: document.contentSha256,
        edits: [{ start: item.start + at, before: detail.stated, after: detail.observed }],
        leaves: 'content' as const,
        before: item.text,
        after,
        rationale: `Tools stated ${detail.attribute} of ${detail.entity} as ${detail.observed} in ${finding.support.sessions} sessions, and never as ${detail.stated}.`,
        grade: finding.grade,
        findingKeys: [finding.key],
        evidence: finding.evidence,
        trust: {
          taint: lowestTaint([judged.taint, line]),
          quarantine: judged.quarantine,
        },
      },
    ]
  })
}

const lastName = (attribute: string) =>
  attribute
    .toLowerCase()
    .split(/[_\s-]+/)
    .at(-1) ?? ''

function standsAlone(text: string, at: number, value: string): boolean {
  const [before, after] = [text[at - 1] ?? ' ', text[at + value.length] ?? ' ']
  return !/[\d.]/.test(before) && !/\d/.test(after)
}
