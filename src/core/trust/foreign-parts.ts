import type { Evidence } from '../evidence.ts'
import type { Finding, FindingDetail } from '../mining/finding.ts'

/** What of a finding is not ours and stands in the line that is written of it. */
export interface ForeignParts {
  /** Words of others, which the line shows as a quote. */
  readonly quoted: readonly Evidence[]
  /** Names that the sessions gave: of tools, arguments, documents, types of task. */
  readonly names: readonly string[]
}

export function listForeignParts(finding: Finding): ForeignParts {
  const names = namesOf(finding.detail)
  return {
    quoted: quotesOf(finding),
    names: finding.taskType === null ? names : [...names, finding.taskType],
  }
}

function quotesOf({ detail, evidence }: Finding): Evidence[] {
  if (detail.kind === 'error_recovery') return evidence.slice(0, 1)
  if (detail.kind !== 'user_correction') return []
  return evidence.filter(({ polarity, text }) => polarity === 'supports' && text !== '').slice(0, 1)
}

function namesOf(detail: FindingDetail): string[] {
  switch (detail.kind) {
    case 'step_outcome':
    case 'wasted_steps':
      return [detail.tool]
    case 'sequence':
      return [...detail.acts]
    case 'behaviour':
      return detail.about === null ? [] : [detail.about]
    case 'source_reliability':
      return [detail.source]
    case 'error_recovery':
      return [detail.tool, ...detail.recoveries.slice(0, 1).map(({ token }) => token)]
    case 'user_correction':
      return detail.rejectedAct === null ? [] : [detail.rejectedAct]
    case 'reference_path':
      return [...detail.calls]
    case 'observed_fact':
      return [detail.entity, detail.attribute, detail.observed]
    default:
      return []
  }
}
