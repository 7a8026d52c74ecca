import { readForeign } from './foreign-text.ts'
import { scoreInstruction } from './instruction-like.ts'

/** Things that a foreign text may name so that an agent goes there, runs it, pays it or opens up to it. */
export type NamedTarget = 'url' | 'command' | 'credential' | 'recipient' | 'permission' | 'memory'

const patterns: readonly (readonly [NamedTarget, RegExp])[] = [
  [
    'url',
    /\b(?:https?|ftp|file|wss?|data|javascript):\S|\bwww\.\S|\b[\w-]{2,63}\.(?:com|net|org|io|dev|app|xyz|top|site|info|biz|co|ai|cloud|example|test|invalid)\b/i,
  ],
  [
    'command',
    /(?:^|[\s`"'(;|&])(?:sudo|curl|wget|rm -|chmod|chown|eval|exec|bash -|sh -c|powershell|iex|nc -|npm (?:i|install|exec)|npx|pip3? install|apt(?:-get)? install|git (?:push|remote|config|clone)|docker run|base64 -|python3? -[cm]|node -e|ssh|scp)(?=[\s("'`]|$)|\|\s{0,3}(?:ba|z)?sh\b|\$\([^)]{1,200}\)/i,
  ],
  [
    'credential',
    /\b(?:passwords?|passphrases?|api[_ -]?keys?|secret[_ -]?keys?|access[_ -]?(?:keys?|tokens?)|bearer|private[_ -]?keys?|credentials?|one-time codes?|cvv|<secret:)/i,
  ],
  [
    'recipient',
    /@[\w-]{1,64}\.[\w.-]{2,64}|<personal:(?:email|phone|iban)|\b(?:send|forward|wire|transfer|pay|e-?mail|post|upload|report|submit|copy|cc)\b[^.\n]{0,60}\bto (?:the )?(?:account|address|wallet|number|iban|e-?mail|mailbox|server|endpoint|webhook|channel|queue)\b/i,
  ],
  [
    'permission',
    /\b(?:grant|give|elevate|escalate|enable|allow|disable|turn off|bypass|skip|waive|remove)\b[^.\n]{0,50}\b(?:access|permissions?|privileges?|admin|root|auth(?:entication|ori[sz]ation)?|verification|approval|checks?|limits?|restrictions?|confirmation|two-factor|2fa|mfa|logging|audit)\b|--(?:no-verify|force|dangerously[\w-]*|allow-root|insecure)\b|\b(?:without|no) (?:approval|verification|confirmation|authori[sz]ation) (?:is )?(?:needed|required|necessary)\b/i,
  ],
]

/** What a foreign text names that must not reach a memory by itself; each once, in a fixed order. */
export function findNamedTargets(foreign: string): NamedTarget[] {
  const { text } = readForeign(foreign.slice(0, 20_000))
  const named = patterns.flatMap(([target, pattern]) => (pattern.test(text) ? [target] : []))
  return scoreInstruction(foreign).signs.includes('memory_target') ? [...named, 'memory'] : named
}
