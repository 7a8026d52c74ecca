import type { WithholdingDocument } from '../../contract/withholding.ts'
import { plural, showForeign } from '../text.ts'

type Ledgers = NonNullable<WithholdingDocument['ledgers']>
type Item = Ledgers['items'][number]

/** Harm first, then what helps, then the others. */
const order: readonly Item['verdict'][] = ['harmful', 'helpful', 'not_proven', 'not_estimable']

export function describeWithholding(document: WithholdingDocument): string[] {
  const { memory_store_id: id, share, exempt_paths: exempt, mounted_readings: mounted } = document
  const lines = [
    share === null
      ? `${id}: nothing is left out. Begin with: lucidream withholding ${id} --share 0.05`
      : `${id}: each item is left out of ${share * 100} % of units at checkouts`,
    ...exempt.map((pattern) => `  never of ${showForeign(pattern)}`),
  ]
  if (mounted > 0) {
    lines.push(`  ${plural(mounted, 'reading')} of sessions that mounted the store had everything`)
  }
  return document.ledgers ? [...lines, ...describeLedgers(document.ledgers)] : lines
}

function describeLedgers(ledgers: Ledgers): string[] {
  const { goal, definition_version, units, waiting, late, never, left_out, crowded } = ledgers
  const lines = [
    `by ${showForeign(goal)}, version ${definition_version}: ${plural(units, 'unit')}, ${late + never} of them failures because nothing came in time (${late} late); ${waiting} wait`,
  ]
  if (left_out > 0)
    lines.push(`  ${plural(left_out, 'unit')} more than one answer counts: left out`)
  if (crowded > 0) lines.push(`  ${plural(crowded, 'unit')} read over 1 000 times: the first count`)
  if (ledgers.items.length === 0) lines.push('  No item was counted yet.')
  for (const verdict of order) {
    const some = ledgers.items.filter((item) => item.verdict === verdict)
    if (some.length > 0) lines.push(`${verdict.replace('_', ' ')}: ${some.length}`)
    lines.push(...some.flatMap(describeItem))
  }
  return lines
}

const describeItem = ({ item, path, text, says }: Item): string[] => [
  `  ${showForeign(path)}  ${text === null ? `${item}, which stands there no more` : showForeign(text)}`,
  `    ${says}`,
]
