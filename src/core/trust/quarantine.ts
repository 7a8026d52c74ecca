import type { Finding, FindingKind } from '../mining/finding.ts'
import { findUncorroborated } from './corroboration.ts'
import { listForeignParts } from './foreign-parts.ts'
import { isInstructionLike, scoreInstruction } from './instruction-like.ts'
import { findNamedTargets } from './named-targets.ts'
import { isBelow, lowestTaint, type Taint } from './taint.ts'

/**
 * Why a change waits for a person whatever a policy says. It is proposed and shown, and written nowhere.
 * - `foreign_wording`: an engine's own words over texts of agents or strangers, as a rule or a procedure.
 * - `uncorroborated`: too few independent principals and sessions stand behind it.
 * - `unverified_source`: a value of tools that the administrator does not vouch for.
 * - `named_target`: it names an address that is not on the administrator's list.
 * - `over_influence`: one principal would be behind too much of what is done in a day.
 * - `broad_retrieval`: it would be found for more of what users ask than any line that stands there.
 * - `burst`: it says what many lines say that agents wrote shortly after each other.
 * - `other_arm`: agents of another arm of an experiment wrote something else into the same memory.
 */
type QuarantineRule =
  | 'foreign_wording'
  | 'uncorroborated'
  | 'unverified_source'
  | 'named_target'
  | 'over_influence'
  | 'broad_retrieval'
  | 'burst'
  | 'other_arm'

export interface QuarantineReason {
  readonly rule: QuarantineRule
  readonly explanation: string
}

/** How far a change may be trusted, decided when it is proposed and stored with it. */
export interface ChangeTrust {
  /** The lowest of its evidence and of the text that it copies. */
  readonly taint: Taint
  /** Empty: it may be written where policy lets it. */
  readonly quarantine: readonly QuarantineReason[]
}

/** `ours`: a fixed sentence with names and quotes in it. `engine`: free text of a model. */
export type Wording = 'ours' | 'engine'

export interface FindingTrust extends ChangeTrust {
  /** Why nothing at all is proposed of it, or null. */
  readonly heldBack: string | null
}

const instructing: ReadonlySet<FindingKind> = new Set([
  'step_outcome',
  'sequence',
  'behaviour',
  'wasted_steps',
  'source_reliability',
  'reference_path',
  'user_correction',
])

/**
 * Judges the lines that would be written of findings. What one tool says in several errors is read together as
 * well: an instruction that is cut into pieces gives itself away only as a whole.
 */
export function judgeFindings(
  findings: readonly Finding[],
  wording: Wording,
): (finding: Finding) => FindingTrust {
  const errors = findings.filter(({ kind }) => kind === 'error_recovery')
  const suspect = new Set(
    [...Map.groupBy(errors, toolOf)].flatMap(([tool, group]) =>
      isInstructionLike(group.map(quotesText).join(' ')) ? [tool] : [],
    ),
  )
  return (finding) => {
    const judged = judgeFinding(finding, wording)
    return judged.heldBack === null && suspect.has(toolOf(finding))
      ? { ...judged, heldBack: splitInstruction }
      : judged
  }
}

const splitInstruction =
  'what its tool says in several errors reads, taken together, like an instruction; shown as evidence only'

const toolOf = ({ detail }: Finding) => (detail.kind === 'error_recovery' ? detail.tool : '')
const quotesText = (finding: Finding) =>
  listForeignParts(finding)
    .quoted.map(({ text }) => text)
    .join(' ')

/** Judges the line that would be written of a finding (spec D.2.2 to D.2.4). */
export function judgeFinding(finding: Finding, wording: Wording): FindingTrust {
  const { quoted, names } = listForeignParts(finding)
  const taint = lowestTaint(finding.evidence.map((piece) => piece.taint))
  const heldBack = findForbidden(quoted.map(({ text }) => text)) ?? findForbiddenName(names)
  const quarantine: QuarantineReason[] = []
  if (wording === 'engine' && instructing.has(finding.kind) && !isBelow('agent', taint)) {
    quarantine.push({
      rule: 'foreign_wording',
      explanation: `It is worded from text of ${taint} origin; such text is quoted and is no rule.`,
    })
  }
  const lack = findUncorroborated(finding, quoted)
  if (lack !== null) quarantine.push({ rule: 'uncorroborated', explanation: lack })
  if (finding.kind === 'observed_fact' && isBelow(taint, 'first_party_tool')) {
    quarantine.push({
      rule: 'unverified_source',
      explanation:
        'The tools that state it are not on the list of those that the administrator vouches for.',
    })
  }
  const address = names.find((name) => /:\/\/|^www\./i.test(name))
  if (address !== undefined) {
    quarantine.push({ rule: 'named_target', explanation: `It names ${address.slice(0, 120)}.` })
  }
  return { taint, quarantine, heldBack }
}

/** Copied words that speak to the agent or name what it could act on are not shown to it, even as a quote. */
export function findForbidden(copied: readonly string[]): string | null {
  for (const text of copied) {
    const { signs } = scoreInstruction(text)
    if (isInstructionLike(text)) {
      return `what it would quote reads like an instruction (${signs.join(', ')}); shown as evidence only`
    }
    const [target] = findNamedTargets(text)
    if (target !== undefined) return `what it would quote names a ${target}; shown as evidence only`
  }
  return null
}

/** A name of so many words is a sentence. */
const mostWords = 8

function findForbiddenName(names: readonly string[]): string | null {
  const found = names.find((name) => {
    const words = name.replace(/[_\-/.:\s]+/g, ' ').trim()
    const isPath = /[/\\]/.test(name)
    return isInstructionLike(words) || (!isPath && words.split(' ').length > mostWords)
  })
  return found === undefined
    ? null
    : 'a name in it reads like an instruction; shown as evidence only'
}
