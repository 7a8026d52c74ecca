import { readForeign } from './foreign-text.ts'

/** What in a text speaks to an agent rather than about a thing. */
type Sign =
  | 'imperative'
  | 'addresses_agent'
  | 'role_words'
  | 'override'
  | 'conditional_trigger'
  | 'memory_target'
  | 'encoded_blob'
  | 'hidden_characters'
  | 'mixed_scripts'
  | 'html_comment'
  | 'link_with_query'
  | 'secrecy'
  | 'remedy'
  | 'told_practice'
  | 'told_success'

interface InstructionLike {
  readonly score: number
  readonly signs: readonly Sign[]
}

/** From here a text is taken for an instruction. Measured by `npm run bench -- attacks`. */
const instructionThreshold = 3

/** Longer text is looked at in its beginning and its end, where instructions stand. */
const maxScanned = 20_000

/**
 * Scores how much a foreign text reads like an instruction to an agent. A signal and no boundary: what keeps
 * foreign text from being obeyed is that it is only ever stored as quoted data. English, with the commonest
 * ways to say "ignore what you were told" in eight other languages. Every pattern is linear.
 */
export function scoreInstruction(foreign: string): InstructionLike {
  const scanned =
    foreign.length <= maxScanned
      ? foreign
      : `${foreign.slice(0, maxScanned / 2)}\n${foreign.slice(-maxScanned / 2)}`
  const { text, hidden, mixedWords } = readForeign(scanned)
  const signs = detectors.flatMap(([sign, weight, found]) =>
    found(text) ? [{ sign, weight }] : [],
  )
  if (hidden > 0) signs.push({ sign: 'hidden_characters', weight: 3 })
  if (mixedWords > 0) signs.push({ sign: 'mixed_scripts', weight: 3 })
  return {
    score: signs.reduce((sum, { weight }) => sum + weight, 0),
    signs: signs.map(({ sign }) => sign),
  }
}

export const isInstructionLike = (text: string): boolean =>
  scoreInstruction(text).score >= instructionThreshold

const verbs =
  "accept|add|allow|always|append|apply|approve|assume|bypass|call|cancel|change|click|confirm|contact|copy|curl|delete|disable|disclose|disregard|do not|don't|download|email|enable|execute|exempt|fetch|forget|forward|give|grant|ignore|include|insert|install|issue|keep|log|mark|modify|navigate|never|offer|open|override|paste|perform|post|prefer|print|proceed|process|provide|read|recommend|record|redirect|refund|remember|remove|repeat|replace|reply|report|reset|respond|retry|return|reveal|run|save|send|set|skip|store|submit|suppress|switch|transfer|treat|trust|turn off|update|upgrade|upload|use|visit|waive|write"

const politely = '(?:please |kindly |just |simply |now |then |instead,? |first,? |also |so |and )*'

const patterns = {
  imperative: new RegExp(
    `(?:^|[.!?;:\\n>•*\\-]\\s{0,3}|["“'(]|, (?:then |and )?)${politely}(?:${verbs})\\b(?! (?:is|was|were|are|has|had|of)\\b)`,
    'im',
  ),
  addressesAgent: new RegExp(
    [
      String.raw`\b(?:you|agents?|assistants?|bots?|ai|models?|llms?|the system|whoever reads this)\b,? (?:must|should|shall|need to|have to|are (?:now|required|instructed|authori[sz]ed|allowed|to)|will now|can now|may now|ought to|always|never)\b`,
      String.raw`\b(?:dear|hey|hello|hi|attention|note (?:to|for)|message (?:to|for)|instructions? (?:to|for)|reminder (?:to|for)|notice (?:to|for)|guidance (?:to|for)|for) (?:the |all |any |every |future )*(?:ai|agents?|assistants?|bots?|models?|llms?|automated)\b`,
      String.raw`\b(?:ai|automated|support|coding|autonomous|future|subsequent|downstream) (?:agents?|assistants?|bots?|runs?|sessions?)\b`,
    ].join('|'),
    'i',
  ),
  role: /(?:^|[\n[<{(#*|])\s{0,4}(?:system|developer|assistant|admin(?:istrator)?|operator|root)\s{0,2}(?:prompt|message|note|notice|override|instruction|update|directive|policy)?\s{0,2}[:\]>})|]|<\|[a-z_]{2,20}\|>|\[\/?inst\]|<\/?(?:system|instructions?|important|tool_result|function_results?)>|\b(?:system prompt|developer (?:mode|message)|new (?:instructions?|directives?|persona)|as (?:an? )?(?:admin(?:istrator)?|operator)\b|by order of|(?:on behalf of|authori[sz]ed by|approved by|per|from) (?:the )?(?:admin(?:istrator)?s?|operators?|security team|it department|platform team|management|compliance|headquarters|engineering team))/i,
  override:
    /\b(?:ignore|disregard|forget|override|overrule|bypass|skip|drop|supersedes?|replaces?|no longer (?:apply|applies|necessary|needed|required|valid)|without (?:asking|checking|confirming|confirmation|verification|verifying|approval|further (?:checks?|questions?)|telling)|regardless of|instead of (?:the|your|what|checking|asking|any)|even (?:if|though|when) (?:the )?(?:policy|policies|rules?|guidelines?|instructions?))\b(?:[^.\n]{0,60}\b(?:previous|prior|earlier|above|all|any|instructions?|rules?|polic(?:y|ies)|guidelines?|prompts?|safety|checks?|verification|confirmation|limits?|restrictions?|memory|memories|this|these)\b)?|(?:ignorier|vergiss|ignorez|oubliez|ignora(?:re)?\b|olvida|ignore as instru|忽略|无视|無視|игнорируй|забудь|تجاهل)/iu,
  conditional:
    /\b(?:when(?:ever)?|if|once|every time|each time|the next time|next time|after|before|upon|as soon as|in case)\b[^.\n]{3,120}(?:,|\bthen\b|:|\balways\b|\byou\b)\s{0,2}(?:\w+ ){0,3}?(?:must|should|always|never|do not|don't|please|reply|respond|send|call|run|use|add|append|include|forward|transfer|grant|give|issue|refund|waive|upgrade|cancel|execute|fetch|open|visit|post|say|tell|mention|recommend|approve|apply|set|skip|ignore|treat|copy|email|return|retry|write|save|store|reveal|include|book|offer|mark)\b|\b(?:always|never|must|should)\b[^.\n]{1,80}\b(?:when(?:ever)?|if|every time|each time|before|after)\b/i,
  memory:
    /\b(?:remember|memori[sz]e|keep in mind|store|save|write|add|append|copy|persist|record|note|preserve|retain|re-?write|carry)\b[^.\n]{0,60}\b(?:memory|memories|runbooks?|notes?|knowledge base|playbooks?|summar(?:y|ies)|preferences?|instructions?|next (?:time|session|run)|future|long-term|this (?:rule|line|page|message|text|paragraph|section|block)|verbatim)\b|\b(?:from now on|for (?:all )?future (?:sessions?|requests?|runs?|reference)|in (?:all )?future (?:sessions?|runs?)|going forward|henceforth|permanently|standing (?:order|instruction|rule))\b|\bwhen asked (?:about|for|to)\b/i,
  blob: /(?<![A-Za-z0-9+/=_-])(?=[A-Za-z0-9+/]{0,200}[0-9])(?=[A-Za-z0-9+/]{0,200}[a-z])(?=[A-Za-z0-9+/]{0,200}[A-Z])[A-Za-z0-9+/]{41,}={0,2}|\b(?:[0-9a-fA-F]{2}){33,}\b|(?:\\x[0-9a-fA-F]{2}){8,}|(?:%[0-9a-fA-F]{2}){10,}|(?:&#x?[0-9a-fA-F]{2,6};){6,}|(?:\\u[0-9a-fA-F]{4}){6,}/,
  comment: /<!--[^\n]{0,4000}|\/\*\s{0,3}(?:ai|agent|assistant|system|note to)\b/i,
  link: /!?\[[^\]\n]{0,200}\]\((?:https?:)?\/\/[^)\s]{1,500}\?[^)\s]{1,500}\)|https?:\/\/[^\s?"'<>]{1,300}\?[^\s"'<>]{0,300}(?:=\{|=\$|=%7b|(?:data|token|q|d|c|exfil|session|key|secret|conversation|context|payload|history|user|email)=)/i,
  secrecy:
    /\b(?:do not|don't|never|without) (?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|reveal(?:ing)?|show(?:ing)?|disclos(?:e|ing)|notify(?:ing)?|alert(?:ing)?|discuss(?:ing)?|ask(?:ing)?)\b[^.\n]{0,60}\b(?:user|customer|operator|anyone|admin|human|person|this|it|them)\b|\b(?:silently|secretly|covertly|behind the scenes|do not (?:mention|disclose|reveal) this)\b/i,
  remedy:
    /\b(?:to (?:recover|continue|proceed|resolve|fix|repair|unblock|unlock|renew)|work-?arounds?|suggested (?:action|fix|step)|resolution|remediation|remedy|mitigation|hint|next step)\b[^.\n]{0,40}[:,"]|\b(?:increase|renew|restore|re-?validate|re-?authenticate|extend|raise)\b[^.\n]{0,60}\b(?:at|via|through|using|with your|with the)\b/i,
  practice:
    /\b(?:(?:first|next|bridging|usual|standard|correct|right|required|expected) (?:steps?|way|action|procedure|answer)\b[^.\n]{0,40}\b(?:is|are|was) (?:always )?to|(?:tells?|asks?|requires?|instructs?|expects?|obliges?|authori[sz]es?) (?:the |an |every |any )?(?:agents?|assistants?|you|us|staff|desk)\b|as (?:the )?(?:standard|usual|agreed) (?:way|practice|procedure)|(?:is|are) (?:how|the way)\b|(?:no longer|do not|don't) (?:need|require) (?:any )?(?:approval|confirmation|verification|a check)|(?:policy|policies|rules?|limits?|guidelines?) (?:on|for|of)? ?[^.\n]{0,60}\b(?:(?:was|were|has been|have been) (?:changed|updated|lifted|replaced)|no longer)|counts? as (?:settled|approved|verified|confirmed)|every (?:agent|colleague) so far)\b/i,
  success:
    /\b(?:agents?|assistants?|colleagues?|we|all|team|performers|attempt|action|treatment)\b[^\n]{0,200}\b(?:outcome: success|success(?:ful)?\b|ratings?\b|passed\b|reward\b|approved\b|verified\b|model answer|best practice|lift\b|no complaints|ship\b|guideline|calm\b)|\b(?:outcome|success|ratings?|passed|reward|approved|verified|best practice|model answer|golden path|lesson|retrospective|top performers|what (?:worked|helped)|resolved by)\b[^\n]{0,200}\b(?:agents?|assistants?|colleagues?|we|all|team|performers|second attempt|expected action|treatment)\b/i,
} as const

const by = (pattern: RegExp) => (text: string) => pattern.test(text)

const detectors: readonly (readonly [Sign, number, (text: string) => boolean])[] = [
  ['imperative', 1, by(patterns.imperative)],
  ['addresses_agent', 2, by(patterns.addressesAgent)],
  ['role_words', 2, by(patterns.role)],
  ['override', 2, by(patterns.override)],
  ['conditional_trigger', 2, by(patterns.conditional)],
  ['memory_target', 2, by(patterns.memory)],
  ['encoded_blob', 3, by(patterns.blob)],
  ['html_comment', 3, by(patterns.comment)],
  ['link_with_query', 2, by(patterns.link)],
  ['secrecy', 2, by(patterns.secrecy)],
  ['remedy', 2, by(patterns.remedy)],
  ['told_practice', 3, by(patterns.practice)],
  ['told_success', 3, by(patterns.success)],
]
