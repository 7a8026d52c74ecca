import type { Critic } from './critique.ts'

const critic = 'evidence'
/** Sessions that must say so before one run's accident becomes a memory. */
const fewestSessions = 2

/** Quotes must stand where they say they stand, and come from enough sessions. */
export const criticizeEvidence: Critic = ({ change, quotes }) => {
  if (quotes.unresolved > 0) {
    return {
      critic,
      verdict: 'reject',
      explanation: `${quotes.unresolved} of ${quotes.resolved + quotes.unresolved} quotes do not stand in their event byte for byte.`,
    }
  }
  if (change.findingKeys.length === 0) {
    return {
      critic,
      verdict: 'accept',
      explanation: 'It rests on what the memory itself says, not on sessions.',
    }
  }
  const supporting = change.evidence.filter(({ polarity }) => polarity === 'supports')
  const against = change.evidence.length - supporting.length
  const sessions = new Set(supporting.map(({ sessionId }) => sessionId)).size
  if (sessions < fewestSessions) {
    return {
      critic,
      verdict: 'revise',
      explanation: `Quotes of ${sessions} supporting ${sessions === 1 ? 'session' : 'sessions'}; at least ${fewestSessions} are wanted.`,
    }
  }
  const other = against === 0 ? '' : `; ${against} quotes speak against it`
  return {
    critic,
    verdict: 'accept',
    explanation: `${quotes.resolved} quotes stand byte for byte, from ${sessions} supporting sessions${other}.`,
  }
}
