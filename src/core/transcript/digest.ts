import type { Quote } from '../evidence.ts'
import type { Trace } from './trace.ts'

/**
 * What a dream keeps of one session's transcript: a pure function of the transcript and of
 * `digesterVersion`, cached by both. It holds no outcome, because outcomes arrive later than transcripts.
 */
export interface Digest {
  readonly transcriptHash: string
  readonly digesterVersion: number
  readonly trace: Trace
  readonly quotes: Quotes
}

/** Pieces of the transcript that findings may cite, by the indices of the trace. */
export interface Quotes {
  readonly calls: readonly Quote[]
  /** The line that names the error, or null where the step had none. */
  readonly errors: readonly (Quote | null)[]
  readonly turns: readonly Quote[]
  readonly sayings: readonly Quote[]
  /** Beginning of the result where a value was observed, by step; null for other steps. */
  readonly results: readonly (Quote | null)[]
}
