import type { Confidence } from './subject.ts'

/**
 * What counts as success in a workspace: which signals make the goal, how several of one session combine, and
 * whom not to believe. Versioned: an experiment is judged by the version that it began with.
 */
export interface OutcomeDefinition {
  readonly name: string
  readonly version: number
  /** A signal counts by the first entry that fits it; one that fits none does not count. */
  readonly signals: readonly CountedKind[]
  readonly combine: 'last' | 'any_failure' | 'mean' | 'weighted'
  /** Of signals that agree in all of these the last one counts: a review that was revised is one voice. */
  readonly revisedBy: readonly RevisedBy[]
  /** CEL over `signal`; one that is false, fails or gives no boolean does not count. */
  readonly when: string | null
  /** Weak joins never make a goal. */
  readonly minConfidence: Exclude<Confidence, 'weak'>
  readonly requireSigned: boolean
  /** At this value and above it is 1, below 0; null: the value as it is. */
  readonly passAt: number | null
  readonly deadlines: Deadlines
  readonly cap: InfluenceCap | null
}

export interface CountedKind {
  readonly kind: string
  /** Null: from anywhere. */
  readonly source: string | null
  /** Only for `weighted`. */
  readonly weight: number
}

/** `component.NAME` is a part of the signal, such as the name of a check. */
export type RevisedBy = 'kind' | 'source' | 'principal' | 'subjects' | `component.${string}`

/** Milliseconds from the session's end to when a missing outcome counts as one. */
export interface Deadlines {
  /** Null: the 95th percentile of past delays of the task type, see `deadlineFrom`. */
  readonly standard: number | null
  readonly byTaskType: Readonly<Record<string, number>>
}

/**
 * How much one principal may say. In each window (they follow each other from the epoch on) the signals of one principal
 * count up to `minimum`, and beyond it up to `share` of all that count. Those above are kept and do not count.
 */
export interface InfluenceCap {
  /** In (0, 1). */
  readonly share: number
  readonly windowMs: number
  readonly minimum: number
}

/** Where a definition states none: nobody makes up more than half of what is believed. */
export const standardCap: InfluenceCap = { share: 0.5, windowMs: 7 * 86_400_000, minimum: 10 }

/** At fewer delays the percentile says nothing. */
const fewestDelays = 20
const longestDeadline = 30 * 86_400_000
const unknownDeadline = 7 * 86_400_000

export interface Deadline {
  readonly ms: number
  readonly from: 'task_type' | 'definition' | 'past_delays' | 'standard'
}

/** How long to wait for outcomes of a type of task, by what was said, else by how long they took. */
export function deadlineFrom(
  { standard, byTaskType }: Deadlines,
  taskType: string | null,
  pastDelays: readonly number[],
): Deadline {
  const own = taskType !== null && Object.hasOwn(byTaskType, taskType) ? byTaskType[taskType] : null
  if (typeof own === 'number') return { ms: own, from: 'task_type' }
  if (standard !== null) return { ms: standard, from: 'definition' }
  if (pastDelays.length < fewestDelays) return { ms: unknownDeadline, from: 'standard' }
  const sorted = pastDelays.toSorted((a, b) => a - b)
  const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0
  return { ms: Math.min(Math.max(p95, 0), longestDeadline), from: 'past_delays' }
}
