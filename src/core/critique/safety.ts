import { readForeign } from '../trust/foreign-text.ts'
import { scoreInstruction } from '../trust/instruction-like.ts'
import { findNamedTargets, type NamedTarget } from '../trust/named-targets.ts'
import { findSecretShapes } from '../trust/secret-shapes.ts'
import { type Critic, insertedText } from './critique.ts'

const critic = 'safety'

/** From here a line reads like an order; less, with something that orders are about, is one as well. */
const order = 3
const orderedAbout: ReadonlySet<NamedTarget> = new Set([
  'command',
  'credential',
  'recipient',
  'permission',
])

/** Secrets, text that reads like an order to the agent, and characters that nobody sees. */
export const criticizeSafety: Critic = ({ change }) => {
  const text = insertedText(change)
  const secrets = findSecretShapes(readForeign(text).text)
  const judged = text.split('\n').map(judgeLine)
  const rejected = [
    ...secrets.map(({ rule }) => `it looks like a secret (${rule})`),
    ...new Set(judged.flatMap(({ rejects }) => rejects ?? [])),
  ]
  if (rejected.length > 0) {
    return { critic, verdict: 'reject', explanation: `In what it inserts: ${rejected.join('; ')}.` }
  }
  const doubtful = [...new Set(judged.flatMap(({ doubts }) => doubts ?? []))]
  return doubtful.length > 0
    ? { critic, verdict: 'revise', explanation: `In what it inserts: ${doubtful.join('; ')}.` }
    : { critic, verdict: 'accept', explanation: 'No secret and no order to the agent was found.' }
}

/** What one line tells the reader to do over the head of whoever runs it. */
function judgeLine(line: string): { readonly rejects?: string; readonly doubts?: string } {
  const { score, signs } = scoreInstruction(line)
  const said = signs.map((sign) => sign.replaceAll('_', ' ')).join(', ')
  if (signs.includes('hidden_characters')) return { rejects: 'it has characters that nobody sees' }
  if (score >= order) return { rejects: `it reads like an order to the agent (${said})` }
  const about = findNamedTargets(line).filter((target) => orderedAbout.has(target))
  if (signs.length > 0 && about.length > 0) {
    return { rejects: `it tells the agent something about a ${about.join(', ')} (${said})` }
  }
  // Which a rule for agents may do, so somebody looks at it.
  if (signs.includes('addresses_agent') || signs.includes('role_words'))
    return { doubts: `it speaks to the agent (${said})` }
  return about.includes('credential') ? { doubts: 'it names a credential' } : {}
}
