import type { UserTurn } from '../transcript/digest.ts'
import type { Case } from './case.ts'
import { chooseEvidence } from './choose-evidence.ts'
import { countSupport, type Judged, judgeFamily } from './contrast.ts'
import { openingCues, prohibition } from './correction-cues.ts'
import type { Finding } from './finding.ts'
import { findLack, gradeContrast } from './grade.ts'
import { type Mined, soleTaskType } from './step-outcomes.ts'

interface Correction {
  readonly one: Case
  readonly turn: UserTurn
  /** The tool that was rejected, or null when it was something said. */
  readonly rejectedAct: string | null
  readonly strength: 'correction' | 'weak'
}

const cueWords = 12
const neededSessions = 2

/** Turns in which a user takes back or refuses what the agent did, by the act that was rejected. */
export function mineCorrections(cases: readonly Case[]): Mined {
  const corrections = cases.flatMap((one) => findCorrections(one))
  const strong = corrections.filter(({ strength }) => strength === 'correction')
  const groups = [...Map.groupBy(strong, ({ rejectedAct }) => rejectedAct ?? '')]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group)
  const recurring = groups.filter(
    (group) => new Set(group.map(({ one }) => one)).size >= neededSessions,
  )
  const { judged, ...tested } = judgeFamily(
    cases,
    recurring.map((group) => new Set(group.map(({ one }) => one))),
  )
  const findings = recurring
    .map((group, index) => toFinding(group, judged[index] as Judged))
    .toSorted((a, b) => b.support.sessions - a.support.sessions || (a.key < b.key ? -1 : 1))
  return {
    findings,
    family: {
      kind: 'user_correction',
      considered: corrections.length,
      found: findings.length,
      ...tested,
    },
    silences: explainSilence(corrections, strong),
  }
}

function explainSilence(all: readonly Correction[], strong: readonly Correction[]): string[] {
  const weak = all.length - strong.length
  return weak === 0
    ? []
    : [`${weak} user turns look like weak corrections; they are counted, not reported.`]
}

/** Scores of B.7: a cue at the start 2, an earlier request repeated 2, a prohibition 2; a refusal 3. */
export function findCorrections(one: Case): Correction[] {
  const { userTurns, steps } = one.digest
  return userTurns.flatMap((turn, index) => {
    if (!turn.followsAgent) return []
    const score = scoreTurn(turn, userTurns.slice(0, index))
    if (score < 2) return []
    const rejected = turn.kind === 'message' ? null : (steps[turn.afterStep]?.tool ?? null)
    return [{ one, turn, rejectedAct: rejected, strength: score >= 3 ? 'correction' : 'weak' }]
  })
}

/** "No, that's all, thank you" answers a question and ends a conversation. */
const closing =
  /^.{0,80}\b(?:that's all|that is all|that's it|that will be all|all i need|everything i need|nothing else|covers everything|no thank|thanks|thank you|goodbye|bye)\b/is

function scoreTurn(turn: UserTurn, earlier: readonly UserTurn[]): number {
  // An interrupt without words may be a change of mind as well as a correction.
  if (turn.kind === 'interrupt') return 2
  if (turn.kind === 'refusal') return 3
  const words = cutForeignText(turn.quote.text).replace(/[‘’]/g, "'")
  if (words === '' || closing.test(words)) return 0
  return (
    (opensWithCue(words) ? 2 : 0) +
    (restates(words, earlier) ? 2 : 0) +
    (prohibition.test(words) ? 2 : 0)
  )
}

/** Quotations, code and pasted logs are not the user's own words. */
function cutForeignText(text: string): string {
  return text
    .replace(/```[\s\S]*?(?:```|$)/g, ' ')
    .replace(/`[^`\n]*`/g, ' ')
    .split('\n')
    .filter((line) => !/^\s*(?:>|\$ |at \S+ \(|\d{4}-\d\d-\d\d[T ]\d\d:|[+-]{3} )/.test(line))
    .join('\n')
    .trim()
}

function opensWithCue(text: string): boolean {
  const start = text.toLowerCase().split(/\s+/).slice(0, cueWords).join(' ')
  return Object.values(openingCues).some((cues) => cues.some((cue) => beginsWith(start, cue)))
}

/** "no" opens "no, the other one" and neither "nobody" nor the polite "no problem". */
function beginsWith(text: string, cue: string): boolean {
  if (!text.startsWith(cue)) return false
  const next = text.slice(cue.length)
  if (/^\s*(?:problem|worries|thanks|thank you|rush|that's all|i'm good|that is all)/.test(next))
    return false
  return !/^[\p{L}\p{N}]/u.test(next) || !/^[\p{Script=Latin}]/u.test(cue)
}

function restates(text: string, earlier: readonly UserTurn[]): boolean {
  const words = contentWords(text)
  if (words.size < 5) return false
  return earlier.some(({ quote }) => {
    const before = contentWords(quote.text)
    return (
      before.size >= 5 && words.intersection(before).size >= 0.6 * Math.min(words.size, before.size)
    )
  })
}

const contentWords = (text: string) =>
  new Set(text.toLowerCase().match(/[\p{L}\p{N}_-]{4,40}/gu) ?? [])

function toFinding(group: readonly Correction[], { compared, effect }: Judged): Finding {
  const { rejectedAct } = group[0] as Correction
  const cases = [...new Set(group.map(({ one }) => one))]
  return {
    key: `user_correction:${rejectedAct ?? ''}`,
    kind: 'user_correction',
    title:
      rejectedAct === null
        ? 'Users correct what the agent said or did'
        : `Users refuse or correct calls of \`${rejectedAct}\``,
    taskType: soleTaskType(cases),
    grade: findLack(compared, effect) === null ? gradeContrast(compared, effect) : 'D',
    sessionsWith: compared.sessionsWith,
    sessionsWithout: compared.sessionsWithout,
    effect,
    support: countSupport(cases),
    detail: {
      kind: 'user_correction',
      rejectedAct,
      strength: 'correction',
      occurrences: group.length,
    },
    evidence: chooseEvidence({
      supports: group
        .filter(({ turn }) => turn.quote.text !== '')
        .map(({ one, turn }) => ({ one, quote: cutQuote(turn) })),
    }),
  }
}

const maxQuote = 240

function cutQuote({ quote }: UserTurn): UserTurn['quote'] {
  if (quote.text.length <= maxQuote) return quote
  const high = quote.text.charCodeAt(maxQuote - 1)
  const length = high >= 0xd800 && high <= 0xdbff ? maxQuote - 1 : maxQuote
  return { ...quote, end: quote.start + length, text: quote.text.slice(0, length) }
}
