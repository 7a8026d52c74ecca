import type { Critic } from './critique.ts'

const critic = 'drift'
/** Shares of a store from which somebody should look at where dreams are taking it. */
const mostMachineWritten = 0.5
const mostRemoved = 0.5
/** Smaller stores move by large shares with every line. */
const smallStore = 4_000

/** Whether the store wanders off over many dreams, and whether an old decision is argued again. */
export const criticizeDrift: Critic = ({ earlierRejections, drift }) => {
  const { bytesNow, bytesAdded, bytesRemoved } = drift
  if (earlierRejections > 0) {
    return {
      critic,
      verdict: 'revise',
      explanation: `The same was rejected ${earlierRejections === 1 ? 'once' : `${earlierRejections} times`} before, on less evidence; it is argued again.`,
    }
  }
  const machine = bytesNow === 0 ? 0 : bytesAdded / bytesNow
  const removed = bytesRemoved / Math.max(1, bytesNow - bytesAdded + bytesRemoved)
  const figures = `${percent(machine)} of the store was written by dreams, ${percent(removed)} of what people wrote was removed by them`
  if (bytesNow > smallStore && (machine > mostMachineWritten || removed > mostRemoved)) {
    return {
      critic,
      verdict: 'revise',
      explanation: `${figures}: look at the whole store before adding to it.`,
    }
  }
  return { critic, verdict: 'accept', explanation: `${figures}.` }
}

const percent = (share: number) => `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`
