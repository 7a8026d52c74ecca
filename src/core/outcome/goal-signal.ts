import type { OutcomeSignalId } from '../ids.ts'
import type { Components, Subject } from './signal.ts'
import type { Confidence } from './subject.ts'

/** A signal of one unit, with how sure it is that it is about it. */
export interface GoalSignal {
  readonly id: OutcomeSignalId
  readonly kind: string
  readonly source: string
  readonly value: number | null
  readonly success: boolean | null
  readonly components: Components
  readonly principal: string | null
  readonly signed: boolean
  readonly subjects: readonly Subject[]
  readonly final: boolean | null
  readonly decidedAt: string | null
  readonly createdAt: string
  readonly confidence: Confidence
}

/** Nothing is decided after it was heard: a date in the future would always have the last word. */
export const timeOf = ({
  decidedAt,
  createdAt,
}: Pick<GoalSignal, 'decidedAt' | 'createdAt'>): string =>
  decidedAt !== null && decidedAt < createdAt ? decidedAt : createdAt
