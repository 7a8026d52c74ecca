import type { OutcomeSignalId } from '../ids.ts'
import { meetsCondition } from './condition.ts'
import type { CountedKind, OutcomeDefinition, RevisedBy } from './definition.ts'
import { type GoalSignal, timeOf } from './goal-signal.ts'
import type { Confidence } from './subject.ts'

export interface Goal {
  /** In [0, 1]. */
  readonly value: number
  /** When the signal came that made it what it is. */
  readonly decidedAt: string
  /** Those that it was made from, in the order in which they were decided. */
  readonly signalIds: readonly OutcomeSignalId[]
}

/**
 * What the signals of one unit come to, or null while nothing decides. Pure and independent of their order; signals
 * above a principal's cap are to be left out before (`cappedSignals`), since that takes those of other units.
 *
 *   last         the last one decides
 *   any_failure  0 as soon as one fails (below passAt, else below 1/2), else the mean
 *   mean         of all
 *   weighted     mean by the weight of the entry that each fits
 */
export function decideGoal(
  definition: OutcomeDefinition,
  signals: readonly GoalSignal[],
): Goal | null {
  const voices = listVoices(definition, signals)
  const last = voices.at(-1)
  if (!last) return null
  const signalIds = voices.map(({ signal }) => signal.id)
  const goal = (value: number, decidedAt: string): Goal => ({ value, decidedAt, signalIds })
  switch (definition.combine) {
    case 'last':
      return { ...goal(last.value, timeOf(last.signal)), signalIds: [last.signal.id] }
    case 'any_failure': {
      const failed = voices.find(({ value }) => value < (definition.passAt === null ? 0.5 : 1))
      if (failed) return { ...goal(0, timeOf(failed.signal)), signalIds: [failed.signal.id] }
      return goal(mean(voices), timeOf(last.signal))
    }
    case 'mean':
      return goal(mean(voices), timeOf(last.signal))
    case 'weighted':
      return goal(weightedMean(voices), timeOf(last.signal))
  }
}

/** Why a signal does not count, or null: it does. What the definition does not speak about is `other_kind`. */
export function refuseSignal(definition: OutcomeDefinition, signal: GoalSignal): Refusal | null {
  if (!findEntry(definition, signal)) return 'other_kind'
  if (confidenceRank[signal.confidence] < confidenceRank[definition.minConfidence])
    return 'weak_join'
  if (definition.requireSigned && !signal.signed) return 'unsigned'
  if (signal.value === null && signal.success === null) return 'undecided'
  if (definition.when !== null && !meetsCondition(definition.when, signal)) return 'condition'
  return null
}
export type Refusal = 'other_kind' | 'weak_join' | 'unsigned' | 'undecided' | 'condition'

interface Voice {
  readonly signal: GoalSignal
  readonly value: number
  readonly weight: number
}

/** The signals that count, revised ones once, in the order in which they were decided. */
function listVoices(definition: OutcomeDefinition, signals: readonly GoalSignal[]): Voice[] {
  const counting = signals
    .filter((signal) => refuseSignal(definition, signal) === null)
    .toSorted(byTime)
  const latest = new Map(
    counting.map((signal) => [voiceOf(signal, definition.revisedBy), signal] as const),
  )
  return [...latest.values()].sort(byTime).map((signal) => ({
    signal,
    value: numberOf(signal, definition.passAt),
    weight: findEntry(definition, signal)?.weight ?? 1,
  }))
}

const findEntry = (
  { signals }: OutcomeDefinition,
  { kind, source }: GoalSignal,
): CountedKind | undefined =>
  signals.find((entry) => entry.kind === kind && (entry.source === null || entry.source === source))

function numberOf({ value, success }: GoalSignal, passAt: number | null): number {
  if (value === null) return success ? 1 : 0
  return passAt === null ? Math.min(Math.max(value, 0), 1) : value >= passAt ? 1 : 0
}

const voiceOf = (signal: GoalSignal, revisedBy: readonly RevisedBy[]) =>
  revisedBy.length === 0 ? signal.id : JSON.stringify(revisedBy.map((name) => partOf(signal, name)))

function partOf(signal: GoalSignal, name: RevisedBy) {
  if (name === 'kind' || name === 'source' || name === 'principal') return signal[name]
  if (name === 'subjects') return signal.subjects.map(({ type, value }) => [type, value])
  const part = name.slice('component.'.length)
  return Object.hasOwn(signal.components, part) ? signal.components[part] : null
}

const confidenceRank: Readonly<Record<Confidence, number>> = { weak: 0, strong: 1, exact: 2 }

const orderOf = (signal: GoalSignal) => `${timeOf(signal)}\0${signal.createdAt}\0${signal.id}`
const byTime = (a: GoalSignal, b: GoalSignal) => {
  const [x, y] = [orderOf(a), orderOf(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

const mean = (voices: readonly Voice[]) =>
  voices.reduce((sum, { value }) => sum + value, 0) / voices.length

function weightedMean(voices: readonly Voice[]): number {
  const weight = voices.reduce((sum, one) => sum + one.weight, 0)
  return voices.reduce((sum, one) => sum + one.weight * one.value, 0) / weight
}
