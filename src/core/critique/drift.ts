import type { Critic, CritiqueSubject, StoreDrift } from './critique.ts'

const critic = 'drift'
/** Shares of a store from which somebody should look at where dreams are taking it. */
const mostMachineWritten = 0.5
const mostRemoved = 0.5
/** Of the newest dreams that wrote: how far they may grow the store, and how much of its size write and remove. */
const mostGrowth = 0.5
const mostChurn = 1
/** Share of their proposals that people may say no to, and of how many that says something. */
const mostRefused = 0.5
const fewestDecided = 10
/** Smaller stores move by large shares with every line. */
const smallStore = 4_000

/** Whether the store wanders off over many dreams, and whether an old decision is argued again. */
export const criticizeDrift: Critic = (subject) => {
  const argued = findArguedAgain(subject)
  const { figures, beyond } = measure(subject.drift)
  const why = [...argued, ...beyond]
  if (why.length === 0) return { critic, verdict: 'accept', explanation: `${figures}.` }
  const look = beyond.length > 0 ? ' Look at the whole store before adding to it.' : ''
  return { critic, verdict: 'revise', explanation: `${why.join(' ')}${look} ${figures}.` }
}

function findArguedAgain({ change, earlierRejections, drift }: CritiqueSubject): string[] {
  const times = earlierRejections === 1 ? 'once' : `${earlierRejections} times`
  return [
    ...(earlierRejections > 0
      ? [`The same was rejected ${times} before, on less evidence; it is argued again.`]
      : []),
    ...(drift.undone.includes(change.key)
      ? ['The same was applied and taken back before; it is argued again.']
      : []),
  ]
}

function measure(drift: StoreDrift): { readonly figures: string; readonly beyond: string[] } {
  const { bytesNow, bytesAdded, bytesRemoved, recent } = drift
  const machine = bytesNow === 0 ? 0 : bytesAdded / bytesNow
  const removed = bytesRemoved / Math.max(1, bytesNow - bytesAdded + bytesRemoved)
  const grown = recent.bytesAdded - recent.bytesRemoved
  const growth = grown / Math.max(1, bytesNow - grown)
  const churn = (recent.bytesAdded + recent.bytesRemoved) / Math.max(1, bytesNow)
  const decided = recent.taken + recent.refused
  const figures = `${percent(machine)} of the store was written by dreams, ${percent(removed)} of what people wrote was removed by them; the last ${recent.dreams} grew it by ${percent(growth)} and wrote and removed ${percent(churn)} of its size; people refused ${recent.refused} of their ${decided} proposals that were decided`
  const large = bytesNow > smallStore
  const beyond = [
    [large && machine > mostMachineWritten, 'Dreams wrote most of this store.'],
    [large && removed > mostRemoved, 'Dreams removed most of what people wrote.'],
    [large && growth > mostGrowth, 'The newest dreams make it grow fast.'],
    [large && churn > mostChurn, 'The newest dreams write it anew rather than keep it.'],
    [
      decided >= fewestDecided && recent.refused / decided > mostRefused,
      'People refuse most of what is proposed here.',
    ],
  ] as const
  return { figures, beyond: beyond.flatMap(([found, text]) => (found ? [text] : [])) }
}

const percent = (share: number) => `${Math.round(Math.max(-1, share) * 100)} %`
