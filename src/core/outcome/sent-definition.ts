import { DomainError } from '../errors.ts'
import { findConditionFault } from './condition.ts'
import type { OutcomeDefinition, RevisedBy } from './definition.ts'

/** An outcome definition as the wire spells it, its fields checked and filled in. */
interface SentDefinition {
  readonly signals: readonly {
    readonly kind: string
    readonly source?: string | null | undefined
    readonly weight: number
  }[]
  readonly combine: OutcomeDefinition['combine']
  readonly revised_by: readonly string[]
  readonly when?: string | null | undefined
  readonly min_confidence: OutcomeDefinition['minConfidence']
  readonly require_signed: boolean
  readonly pass_at?: number | null | undefined
  readonly deadlines?:
    | {
        readonly standard_seconds?: number | null | undefined
        readonly by_task_type?: Readonly<Record<string, number>> | undefined
      }
    | undefined
  readonly cap: {
    readonly share: number
    readonly window_seconds: number
    readonly minimum: number
  } | null
}

interface Stored {
  readonly definition: OutcomeDefinition
  readonly createdAt: string
  readonly createdBy: { readonly type: string; readonly id: string }
}

/** Refuses a condition that is no CEL or gives no boolean. */
export function toDefinition(
  name: string,
  body: SentDefinition,
): Omit<OutcomeDefinition, 'version'> {
  const when = body.when ?? null
  const fault = when === null ? null : findConditionFault(when)
  if (fault !== null) {
    throw new DomainError(
      'invalid_argument',
      `when: ${fault.slice(0, 300)}; see docs/outcomes.md for what \`signal\` has.`,
    )
  }
  const { deadlines = {}, cap } = body
  return {
    name,
    signals: body.signals.map(({ kind, source, weight }) => ({
      kind,
      source: source ?? null,
      weight,
    })),
    combine: body.combine,
    revisedBy: body.revised_by as RevisedBy[],
    when,
    minConfidence: body.min_confidence,
    requireSigned: body.require_signed,
    passAt: body.pass_at ?? null,
    deadlines: {
      standard: deadlines.standard_seconds == null ? null : deadlines.standard_seconds * 1_000,
      byTaskType: mapValues(deadlines.by_task_type ?? {}, (one) => one * 1_000),
    },
    cap: cap && { share: cap.share, windowMs: cap.window_seconds * 1_000, minimum: cap.minimum },
  }
}

/** In the shape of the contract. */
export function presentDefinition({ definition, createdAt, createdBy }: Stored) {
  const { deadlines, cap } = definition
  return {
    type: 'outcome_definition' as const,
    name: definition.name,
    version: definition.version,
    signals: definition.signals.map((one) => ({ ...one })),
    combine: definition.combine,
    revised_by: [...definition.revisedBy],
    when: definition.when,
    min_confidence: definition.minConfidence,
    require_signed: definition.requireSigned,
    pass_at: definition.passAt,
    deadlines: {
      standard_seconds: deadlines.standard === null ? null : deadlines.standard / 1_000,
      by_task_type: mapValues(deadlines.byTaskType, (ms) => ms / 1_000),
    },
    cap: cap && { share: cap.share, window_seconds: cap.windowMs / 1_000, minimum: cap.minimum },
    created_at: createdAt,
    created_by: { ...createdBy },
  }
}

const mapValues = (values: Readonly<Record<string, number>>, change: (value: number) => number) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]))
