import type { Trace } from './trace.ts'

/**
 * What a dream keeps of one session's transcript: a pure function of the transcript and of
 * `digesterVersion`, cached by both. It holds no outcome, because outcomes arrive later than transcripts, and
 * no words to quote: a trace names the events where they stand.
 */
export interface Digest {
  readonly transcriptHash: string
  readonly digesterVersion: number
  readonly trace: Trace
}
