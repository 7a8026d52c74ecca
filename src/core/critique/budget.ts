import { findExcess } from '../propose/budget.ts'
import { utf8Length } from '../utf8-length.ts'
import type { Critic } from './critique.ts'

const critic = 'budget'

/** Whether the memory still fits what reads it. */
export const criticizeBudget: Critic = ({ change, before, after }) => {
  const excess = after && findExcess(change.path, after.content)
  if (excess) return { critic, verdict: 'reject', explanation: `${excess}.` }
  const [old, now] = [before, after].map((one) => (one ? utf8Length(one.content) : 0))
  return {
    critic,
    verdict: 'accept',
    explanation: `${change.path}: ${old} bytes before, ${now} after.`,
  }
}
