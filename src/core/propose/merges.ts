import type { Edit, ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import { extractFacts } from '../items/facts.ts'
import type { Item } from '../items/item.ts'
import type { DuplicateGroup } from '../items/reconcile.ts'
import type { MemoryDocument } from '../memory.ts'
import type { LineTaintTable } from '../trust/line-taints.ts'
import type { ChangeTrust } from '../trust/quarantine.ts'
import { judgeReplacement } from '../trust/replacement.ts'

export interface Merges {
  readonly changes: readonly ProposedChange[]
  readonly heldBack: readonly string[]
}

/** Every duplicate goes and its survivor stays, unless that would lose a fact or a bullet's children. */
export function proposeMerges(
  groups: readonly DuplicateGroup[],
  documents: readonly MemoryDocument[],
  { hash, taints }: { readonly hash: Hash; readonly taints: LineTaintTable },
): Merges {
  const byPath = new Map(documents.map((document) => [document.path, document]))
  const changes: ProposedChange[] = []
  const heldBack: string[] = []
  for (const { survivor, others } of groups) {
    for (const { item, jaccard } of others) {
      const document = byPath.get(item.path)
      if (!document) continue
      const lost = findLostFact(survivor, item)
      const trust = judgeReplacement(taints, { gone: item, stays: survivor })
      const places = `${nameLine(byPath, item)} and ${nameLine(byPath, survivor)}`
      if (item.hasChildren)
        heldBack.push(`${places} say the same, but bullets hang on the first; not merged.`)
      else if (lost !== null)
        heldBack.push(`${places} are alike, but merging would lose “${lost}”; not merged.`)
      else if (trust === null)
        heldBack.push(`${places} say the same, but the one to stay is trusted less; not merged.`)
      else
        changes.push(
          toChange({ document, item, survivor, jaccard, trust }, nameLine(byPath, survivor), hash),
        )
    }
  }
  return { changes, heldBack }
}

function toChange(
  given: {
    document: MemoryDocument
    item: Item
    survivor: Item
    jaccard: number
    trust: ChangeTrust
  },
  kept: string,
  hash: Hash,
): ProposedChange {
  const { document, item, survivor, jaccard, trust } = given
  const edit = cutItem(document.content, item)
  return {
    key: hash(`merge\0${item.id}\0${survivor.id}`).slice(0, 24),
    operation: 'merge',
    path: document.path,
    baseSha256: document.contentSha256,
    edits: [edit],
    leaves: 'content',
    before: item.text,
    after: survivor.text,
    rationale: `Says the same as ${kept}, which stays (similarity ${jaccard.toFixed(2)}; no number, date, negation, name or condition differs).`,
    grade: 'D',
    findingKeys: [],
    evidence: [],
    trust,
  }
}

/** The item with its line: its indentation before it and one line end behind it. */
export function cutItem(content: string, item: Item): Edit {
  let start = item.start
  while (start > 0 && /[ \t]/.test(content[start - 1] ?? '')) start -= 1
  let end = item.end
  if (content[end] === '\r') end += 1
  if (content[end] === '\n') end += 1
  // A paragraph takes one of the two blank lines around it along.
  if (item.kind === 'paragraph' && content[end] === '\n' && content[start - 1] === '\n') end += 1
  return { start, before: content.slice(start, end), after: '' }
}

/** A number, date, name, piece of code or negation of the one that goes and the one that stays lacks. */
function findLostFact(survivor: Item, item: Item): string | null {
  const [kept, gone] = [extractFacts(survivor.text), extractFacts(item.text)]
  for (const field of ['numbers', 'dates', 'code', 'names', 'negations'] as const) {
    const lost = gone[field].find((fact) => !kept[field].includes(fact))
    if (lost !== undefined) return lost
  }
  return null
}

export function nameLine(documents: ReadonlyMap<string, MemoryDocument>, item: Item): string {
  const before = documents.get(item.path)?.content.slice(0, item.start) ?? ''
  return `${item.path}:${before.split('\n').length}`
}
