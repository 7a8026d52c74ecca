import { type Critic, insertedText } from './critique.ts'

const critic = 'safety'

/** Forms of secrets that are told by their looks; masks at import know many more. */
const secrets: readonly (readonly [string, RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['a cloud access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  [
    'an access token',
    /\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,})/,
  ],
  ['an API key', /\bsk-[\w-]{20,}/],
  ['a signed token', /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/],
  ['a password', /\b(?:password|passwd|secret|api[_-]?key|token)\s*[:=]\s*["']?[^\s"'<[]{8,}/i],
  ['credentials in a URL', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,100}:[^\s/@]{1,100}@/i],
]

/** What speaks to the agent over the head of whoever runs it, or hides. */
const commands: readonly (readonly [string, RegExp])[] = [
  [
    'it tells to ignore what was said before',
    /\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|all|any|your|system|other)\b[^.\n]{0,30}\b(?:instructions?|rules?|prompts?|polic(?:y|ies)|guidelines?|memor(?:y|ies))/i,
  ],
  [
    'it claims to be the system',
    /<\/?(?:system|assistant|developer|instructions?)\b|\[(?:system|inst)\]|^\s*(?:system|assistant)\s*:/im,
  ],
  [
    'it gives the reader another identity',
    /\byou are (?:now|no longer)\b|\bfrom now on,? you\b|\bact as (?:an? )?(?:admin|root|developer|unrestricted)/i,
  ],
  [
    'it asks for the prompt or for secrets',
    /\b(?:reveal|print|show|leak|send|share|post|upload|exfiltrate)\b[^.\n]{0,40}\b(?:system prompt|credentials?|passwords?|api keys?|secrets?|tokens?|env(?:ironment)? variables?)/i,
  ],
  [
    'it keeps something from people',
    /\b(?:do not|don't|never)\b[^.\n]{0,20}\b(?:tell|inform|mention|notify|alert|ask)\b[^.\n]{0,30}\b(?:user|human|operator|admin|anyone|person)/i,
  ],
  [
    'it turns a check off',
    /\b(?:disable|skip|turn off|bypass)\b[^.\n]{0,30}\b(?:review|approval|safety|security|verification|confirmation|audit|guardrails?|checks?)\b/i,
  ],
  ['it runs what it downloads', /\b(?:curl|wget)\b[^\n|]{0,200}\|\s*(?:ba|z|da)?sh\b/i],
  ['it destroys', /\brm\s+-[a-z]*[rf][a-z]*\s+[/~*]|\bDROP\s+(?:TABLE|DATABASE)\b/i],
]

/** Characters that people do not see: zero widths, direction marks, tags. */
const hidden = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/u
const tags = /[\u{e0000}-\u{e007f}]/u

/** Secrets, text that reads like an order to the agent, and characters that nobody sees. */
export const criticizeSafety: Critic = ({ change }) => {
  const text = insertedText(change)
  const plain = text.normalize('NFKC')
  const found = [
    ...secrets.flatMap(([name, form]) => (form.test(plain) ? [`it looks like ${name}`] : [])),
    ...commands.flatMap(([name, form]) => (form.test(plain) ? [name] : [])),
    ...(hidden.test(text) || tags.test(text) ? ['it has characters that nobody sees'] : []),
  ]
  if (found.length === 0) {
    return {
      critic,
      verdict: 'accept',
      explanation: 'No secret and no order to the agent was found.',
    }
  }
  return { critic, verdict: 'reject', explanation: `In what it inserts: ${found.join('; ')}.` }
}
