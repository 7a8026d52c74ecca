import type { FindingId } from '../ids.ts'
import { type Brief, renderBrief } from '../propose/brief.ts'

/** A brief in the shape of the contract; `nameFinding` gives the id behind a finding's key. */
export function presentBrief(brief: Brief, nameFinding: (key: string) => FindingId) {
  return {
    task_type: brief.taskType,
    tokens: brief.tokens,
    budget: brief.budget,
    left_out: brief.leftOut,
    lines: brief.lines.map(({ findingKey, ...line }) => ({
      ...line,
      finding_id: nameFinding(findingKey),
    })),
    markdown: brief.lines.length === 0 ? '' : renderBrief(brief),
  }
}
