import { applyChanges } from '../change/apply.ts'
import type { DraftChange, ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import { extractFacts } from '../items/facts.ts'
import type { Item } from '../items/item.ts'
import { parseItems } from '../items/items.ts'
import { joinSimilar } from '../items/near-duplicates.ts'
import type { Reconciliation } from '../items/reconcile.ts'
import { words } from '../items/words.ts'
import { type MemoryDocument, memoryLimits } from '../memory.ts'
import type { Finding } from '../mining/finding.ts'
import { listForeignParts } from '../trust/foreign-parts.ts'
import type { LineTaintTable } from '../trust/line-taints.ts'
import { maskPersonalData, type Sign } from '../trust/personal-data.ts'
import { type ChangeTrust, judgeFindings } from '../trust/quarantine.ts'
import { findExcess } from './budget.ts'
import { correctFacts } from './corrected-facts.ts'
import { describeSupport } from './figures.ts'
import { proposeIndex } from './index-page.ts'
import { proposeMerges } from './merges.ts'
import { findPlace, type PlaceForLine } from './place.ts'
import { plainName } from './quoted.ts'
import { type Sentence, writeSentence } from './sentence.ts'
import { guardShrinking } from './shrink-guard.ts'
import { proposeSupersessions } from './supersessions.ts'

export interface ProposeInput {
  readonly findings: readonly Finding[]
  readonly documents: readonly MemoryDocument[]
  readonly reconciliation: Reconciliation
  readonly hash: Hash
  readonly trust: TrustSources
}

/** What it takes to tell how far a text may be trusted, and to mask persons in it. */
interface TrustSources {
  readonly taints: LineTaintTable
  readonly sign: Sign
}

export interface Proposals {
  readonly changes: readonly ProposedChange[]
  /** What was held back or is known already, and why; never empty when there are no changes. */
  readonly nothing: readonly string[]
}

/**
 * Merges duplicates and adds one line per finding that may be proposed. A line that the store already has is
 * not added again, so proposing on a store that took the proposals proposes none of them. Every change says how
 * far it may be trusted; those in quarantine are for a person to release.
 */
export function propose(input: ProposeInput): Proposals {
  const { documents, hash } = input
  const known = { hash, taints: input.trust.taints }
  const ordered = documents.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const merges = proposeMerges(input.reconciliation.duplicates, ordered, known)
  const supersessions = proposeSupersessions(input.reconciliation.supersessions, ordered, known)
  const superseded = supersessions.changes.filter(
    (change) => applyChanges(ordered, [...merges.changes, change], hash).refused.length === 0,
  )
  const removals = guardShrinking([...merges.changes, ...superseded], ordered)
  const corrections = correctFacts(input.findings, ordered, known).filter(
    (change) => applyChanges(ordered, [...removals.kept, change], hash).refused.length === 0,
  )
  const drafts = new Drafts(ordered, { hash, sign: input.trust.sign }, [
    ...removals.kept,
    ...corrections,
    ...proposeIndex(ordered, known),
  ])
  const heldBack = [...merges.heldBack, ...supersessions.heldBack, ...removals.heldBack]
  const trustOf = judgeFindings(input.findings, 'ours')
  const corrected = new Set(corrections.flatMap(({ findingKeys }) => findingKeys))
  for (const finding of input.findings) {
    if (corrected.has(finding.key)) continue
    const sentence = writeSentence(finding)
    const trust = trustOf(finding)
    const refusal =
      'heldBack' in sentence
        ? sentence.heldBack
        : trust.heldBack === null
          ? drafts.add(finding, sentence, trust)
          : `${finding.title}: ${trust.heldBack}.`
    if (refusal !== null) heldBack.push(refusal)
  }
  const nothing =
    heldBack.length > 0 || drafts.changes.length > 0 ? heldBack : [explainNothing(input)]
  return { changes: drafts.changes, nothing }
}

function explainNothing({ findings, documents }: ProposeInput): string {
  return findings.length === 0
    ? `Nothing was found in the sessions, and the ${documents.length} memories hold no duplicates.`
    : 'No finding is strong enough to change a memory.'
}

type Written = Exclude<Sentence, { heldBack: string }>

class Drafts {
  changes: ProposedChange[]
  readonly #documents: readonly MemoryDocument[]
  readonly #hash: Hash
  readonly #sign: Sign
  readonly #items = new Map<string, readonly Item[]>()
  #known: string[]

  constructor(
    documents: readonly MemoryDocument[],
    { hash, sign }: { readonly hash: Hash; readonly sign: Sign },
    merges: readonly ProposedChange[],
  ) {
    this.#documents = documents
    this.#hash = hash
    this.#sign = sign
    this.changes = [...merges]
    this.#known = documents.flatMap((document) => this.#itemsOf(document)).map((item) => item.text)
  }

  /** Null when the line was drafted, else why not. */
  add(finding: Finding, sentence: Written, trust: ChangeTrust): string | null {
    if (this.#isKnown(sentence.text)) return `${finding.title}: the memory says so already.`
    const gone = new Set(
      this.changes.flatMap(({ edits, path }) => edits.map(({ start }) => `${path}\0${start}`)),
    )
    const place: PlaceForLine =
      finding.kind === 'user_correction'
        ? { type: 'new_document', path: '/preferences.md' }
        : findPlace(
            { topic: sentence.topic, taskType: finding.taskType },
            this.#documents,
            (document) =>
              this.#itemsOf(document).filter((item) => !gone.has(`${item.path}\0${item.start}`)),
          )
    const { taint, quarantine } = trust
    const change = { ...this.#draft(finding, sentence, place), trust: { taint, quarantine } }
    const refusal = this.#findRefusal(change)
    if (refusal !== null) return `${finding.title}: ${refusal}.`
    this.changes.push(change)
    this.#known.push(sentence.text)
    return null
  }

  #draft(finding: Finding, sentence: Written, place: PlaceForLine): DraftChange {
    const said = maskPersonalData(sentence.text, this.#sign).text
    const line = `- ${said} ${describeScope(finding)}`
    const where = this.#locate(place, line)
    return {
      key: this.#hash(`add\0${finding.key}\0${where.path}`).slice(0, 24),
      operation: 'add',
      leaves: 'content',
      before: null,
      after: line,
      rationale: sentence.rationale,
      grade: finding.grade,
      findingKeys: [finding.key],
      evidence: finding.evidence,
      ...where,
    }
  }

  #locate(
    place: PlaceForLine,
    line: string,
  ): Pick<ProposedChange, 'path' | 'baseSha256' | 'edits'> {
    if (place.type === 'after') {
      const { document, item } = place
      const newline = document.content.includes('\r\n') ? '\r\n' : '\n'
      const gap = item.kind === 'bullet' ? newline : newline + newline
      const edits = [{ start: item.end, before: '', after: gap + line }]
      return { path: document.path, baseSha256: document.contentSha256, edits }
    }
    return this.#appendToRunbook(place.path, line)
  }

  /** A runbook that does not exist yet has no heading of its own: every line of it stands or falls alone. */
  #appendToRunbook(
    path: string,
    line: string,
  ): Pick<ProposedChange, 'path' | 'baseSha256' | 'edits'> {
    const existing = this.#documents.find((document) => document.path === path)
    if (!existing) {
      return { path, baseSha256: null, edits: [{ start: 0, before: '', after: `${line}\n` }] }
    }
    const { content, contentSha256 } = existing
    const start = content.trimEnd().length
    return { path, baseSha256: contentSha256, edits: [{ start, before: '', after: `\n${line}` }] }
  }

  #findRefusal(change: ProposedChange): string | null {
    const changes = [...this.changes, change]
    const { documents, refused } = applyChanges(this.#documents, changes, this.#hash)
    const [first] = refused
    if (first) return first.reason
    if (documents.length > memoryLimits.memoriesPerStore) {
      return `a memory store holds at most ${memoryLimits.memoriesPerStore} memories`
    }
    const written = documents.find((document) => document.path === change.path)
    return written ? findExcess(written.path, written.content) : null
  }

  #isKnown(text: string): boolean {
    const lines = [...this.#known, text].map(withoutScope)
    const last = lines.length - 1
    const code = lines.map((line) => extractFacts(line).code.join(' '))
    // The same sentence about another tool is another sentence.
    return joinSimilar(lines.map(words), 0.7).some(
      ({ first, second }) => second === last && code[first] === code[last],
    )
  }

  #itemsOf(document: MemoryDocument): readonly Item[] {
    const known = this.#items.get(document.path)
    if (known) return known
    const items = parseItems(document, this.#hash)
    this.#items.set(document.path, items)
    return items
  }
}

/** Scope, grade and support, so that every line says how far it may be trusted. */
function describeScope(finding: Finding): string {
  const { taskType, grade, detail, sessionsWith, sessionsWithout } = finding
  const scope = taskType === null ? '' : `${plainName(taskType)} · `
  const counted =
    detail.kind !== 'error_recovery' && finding.effect
      ? `${sessionsWith} against ${sessionsWithout} sessions`
      : describeSupport(finding)
  const claim = isSeen(detail.kind) ? sayStanding(finding) : `grade ${grade}`
  return `_(${scope}${claim} · ${counted})_`
}

const isSeen = (kind: Finding['kind']) => kind === 'error_recovery' || kind === 'reference_path'

/** Words of a source that nobody vouches for are what was observed, and no more. */
const sayStanding = (finding: Finding) =>
  listForeignParts(finding).quoted.some(({ taint }) => taint === 'untrusted')
    ? 'observed, unverified'
    : 'seen'

const withoutScope = (text: string) => text.replace(/\s*_\([^)_]*\)_\s*$/, '')
