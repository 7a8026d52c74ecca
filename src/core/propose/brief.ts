import type { Grade } from '../evidence.ts'
import type { Finding } from '../mining/finding.ts'
import { maskPersonalData, type Sign } from '../trust/personal-data.ts'
import { type FindingTrust, judgeFindings } from '../trust/quarantine.ts'
import { type Sentence, writeSentence } from './sentence.ts'

/** What to tell an agent before its next run of one type of task; small enough to stand in every prompt. */
export interface Brief {
  /** Null: what holds for every type. */
  readonly taskType: string | null
  readonly lines: readonly BriefLine[]
  /** Estimated at four characters each, headings included. */
  readonly tokens: number
  readonly budget: number
  /** Lines that no longer fitted, so that a cut is never silent. */
  readonly leftOut: number
}

interface BriefLine {
  readonly text: string
  readonly section: Section
  readonly grade: Grade
  /** What stands behind it: a comparison, or only what was seen. None of it was an experiment. */
  readonly standing: 'compared' | 'seen'
  readonly findingKey: string
}

type Section = 'Steps' | 'Take care' | 'Errors and what recovers them' | 'Sources' | 'Preferences'

const sections: readonly Section[] = [
  'Steps',
  'Take care',
  'Errors and what recovers them',
  'Sources',
  'Preferences',
]

export interface BriefOptions {
  readonly taskType: string | null
  readonly budget: number
  readonly sign: Sign
}

export const defaultBudget = 2_000
const charactersPerToken = 4

/**
 * The lines that a dream would propose for one type of task and for all, best evidence first, until the
 * budget (tokens) is spent. What is held back or in quarantine is not told to an agent. The same findings give
 * the same brief.
 */
export function writeBrief(
  findings: readonly Finding[],
  { taskType, budget, sign }: BriefOptions,
): Brief {
  const trustOf = judgeFindings(findings, 'ours')
  const candidates = findings
    .filter((finding) => finding.taskType === null || finding.taskType === taskType)
    .flatMap((finding) => toLine(finding, trustOf(finding), sign))
    .toSorted((a, b) => b.weight - a.weight || (a.line.findingKey < b.line.findingKey ? -1 : 1))
  const chosen: BriefLine[] = []
  let leftOut = 0
  for (const { line } of candidates) {
    const longer = [...chosen, line]
    if (countTokens(renderBrief({ taskType, lines: longer })) <= budget) chosen.push(line)
    else leftOut += 1
  }
  const lines = sections.flatMap((section) => chosen.filter((line) => line.section === section))
  const tokens = lines.length === 0 ? 0 : countTokens(renderBrief({ taskType, lines }))
  return { taskType, lines, tokens, budget, leftOut }
}

/** As Markdown; every line says how far it may be trusted and which finding it stands on. */
export function renderBrief({ taskType, lines }: Pick<Brief, 'taskType' | 'lines'>): string {
  const body = sections.flatMap((section) => {
    const own = lines.filter((line) => line.section === section)
    return own.length === 0
      ? []
      : ['', `## ${section}`, '', ...own.map((line) => `- ${line.text} _(${describe(line)})_`)]
  })
  return [`# Before the next ${taskType === null ? 'run' : `${taskType} run`}`, ...body, ''].join(
    '\n',
  )
}

const describe = ({ standing, grade, findingKey }: BriefLine) =>
  `${standing === 'seen' ? 'seen, not compared' : `grade ${grade}, not yet proven by an experiment`}; ${findingKey.slice(0, 60)}`

/** In tokens estimated at four characters each. */
const countTokens = (text: string) => Math.ceil(text.length / charactersPerToken)

const sectionOf: Readonly<Record<Finding['kind'], Section>> = {
  reference_path: 'Steps',
  sequence: 'Take care',
  step_outcome: 'Take care',
  behaviour: 'Take care',
  wasted_steps: 'Take care',
  error_recovery: 'Errors and what recovers them',
  source_reliability: 'Sources',
  observed_fact: 'Sources',
  user_correction: 'Preferences',
  edge_case: 'Take care',
  rejected_output: 'Take care',
}

const rankOf: Readonly<Record<Grade, number>> = { A: 4, B: 3, C: 2, D: 1 }

function toLine(
  finding: Finding,
  { heldBack, quarantine }: FindingTrust,
  sign: Sign,
): { line: BriefLine; weight: number }[] {
  const sentence: Sentence = writeSentence(finding)
  if ('heldBack' in sentence || heldBack !== null || quarantine.length > 0) return []
  const seen = finding.kind === 'reference_path' || finding.kind === 'error_recovery'
  return [
    {
      line: {
        text: maskPersonalData(sentence.text, sign).text,
        section: sectionOf[finding.kind],
        grade: finding.grade,
        standing: seen ? 'seen' : 'compared',
        findingKey: finding.key,
      },
      // Grade first; inside a grade the effect to expect, or how often a thing was seen.
      weight:
        rankOf[finding.grade] * 10 +
        Math.min(9, Math.abs(finding.effect?.shrunk ?? 0) * 5 + finding.support.sessions / 1_000),
    },
  ]
}
