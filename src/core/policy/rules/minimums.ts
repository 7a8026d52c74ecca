import { type JudgedChange, origins } from '../decision.ts'
import { operationOf } from '../facts.ts'
import type { EvidenceMinimum, PolicyOperation, PolicySpec } from '../policy.ts'
import { demanded, type Gate } from './gate.ts'

const operations = ['create', 'update', 'merge', 'rename', 'delete'] as const
const counts: readonly {
  readonly name: keyof EvidenceMinimum
  readonly unit: string
  readonly found: (evidence: JudgedChange['evidence']) => number
}[] = [
  { name: 'sessions', unit: 'sessions', found: ({ sessions }) => sessions },
  { name: 'actors', unit: 'actors', found: ({ principals }) => principals },
  { name: 'days', unit: 'days', found: ({ days }) => days },
  { name: 'outcomes', unit: 'sessions with an outcome', found: ({ outcomes }) => outcomes },
  {
    name: 'contradictingSessions',
    unit: 'sessions against what stands there',
    found: ({ contradictingSessions }) => contradictingSessions,
  },
]

/** How much has to stand behind a change of each kind; an order by somebody trusted needs less. */
export const minimums: readonly Gate[] = [
  ...operations.flatMap((operation) => counts.map((count) => demandOf(operation, count))),
  demanded('evidence.minimums.explicitInstruction.sessions', {
    least: ({ evidence }, judged) =>
      isInstructed(evidence, judged) ? evidence.minimums.explicitInstruction.sessions : 0,
    found: ({ evidence }) => evidence.sessions,
    unit: 'sessions with the instruction',
  }),
]

function demandOf(
  operation: PolicyOperation,
  { name, unit, found }: (typeof counts)[number],
): Gate {
  return demanded(`evidence.minimums.${operation}.${name}`, {
    least: ({ evidence }, judged) =>
      operationOf(judged.change) === operation && !isInstructed(evidence, judged)
        ? evidence.minimums[operation][name]
        : 0,
    found: ({ evidence }) => found(evidence),
    unit,
  })
}

/** An order counts from whom the policy trusts so far; from anybody else it is a change like all others. */
function isInstructed({ minimums: wanted }: PolicySpec['evidence'], { evidence }: JudgedChange) {
  const by = evidence.instructedBy
  return by !== null && origins.indexOf(by) <= origins.indexOf(wanted.explicitInstruction.trust)
}
