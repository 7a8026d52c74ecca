import type { Ends } from './confidence-sequence.ts'

export type ExperimentState =
  | 'draft'
  | 'running'
  | 'paused'
  | 'promoted'
  | 'rolled_back'
  | 'inconclusive'
  | 'void'

/** How an experiment ended, or stands. */
export interface Standing {
  readonly state: ExperimentState
  /** Whether a person may promote it now. */
  readonly ready: boolean
  readonly units: number
  /** Of the change that it is about, or of the first of several. Null: not the same all along. */
  readonly interval: Ends | null
  readonly reasons: readonly string[]
}

/** One sentence with what may be true, never the estimate alone: that one is too good wherever it ended a test. */
export function sayVerdict({ state, ready, units, interval, reasons }: Standing): string {
  const range =
    interval === null
      ? 'the effect was not the same all along'
      : `the effect lies between ${points(interval.low)} and ${points(interval.high)} points (95 %)`
  const after = `after ${units} ${units === 1 ? 'unit' : 'units'}`
  const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`
  switch (state) {
    case 'draft':
      return 'Not started yet.'
    case 'running':
    case 'paused': {
      const now = state === 'paused' ? 'Paused' : 'Running'
      return ready
        ? `Proven and waiting for a person: ${after} ${range}.`
        : `${now}: not decided; ${after} ${range}.`
    }
    case 'promoted':
      return `Promoted: ${after} ${range}.`
    case 'rolled_back':
      return `Rolled back: ${after} ${range}${why}.`
    case 'inconclusive':
      return `Not proven: ${after} ${range}; the incumbent stays${why}.`
    case 'void':
      return `Void: it says nothing${why}.`
  }
}

const points = (effect: number) => {
  const rounded = Number((100 * effect).toFixed(1))
  return rounded > 0 ? `+${rounded}` : String(rounded)
}
