import { makesClaim } from '../facts.ts'
import { demanded, type Gate } from './gate.ts'

/** The observed difference of outcomes; where nothing was compared it is none. */
export const contrast: readonly Gate[] = [
  demanded('evidence.contrast.minOutcomeGap', {
    least: ({ evidence }, { change }) => (makesClaim(change) ? evidence.contrast.minOutcomeGap : 0),
    found: ({ evidence }) => Math.abs(evidence.contrast?.gap ?? 0),
    unit: 'difference of outcomes',
  }),
  demanded('evidence.contrast.minConfidence', {
    least: ({ evidence }, { change }) => (makesClaim(change) ? evidence.contrast.minConfidence : 0),
    found: ({ evidence }) => evidence.contrast?.confidence ?? 0,
    unit: 'confidence',
  }),
]
