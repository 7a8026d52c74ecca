import { RE2JS } from 're2js'
import { remember } from '../policy/remember.ts'
import { contentText, type SessionEvent } from '../session.ts'
import type { SessionKey } from './session-keys.ts'
import { normalSubject } from './subject.ts'

/**
 * How a workspace names its work. Both kinds say by what more a session is known:
 *
 *   pattern   what RE2 finds in texts of the session (its first group, else all of it), weak
 *   metadata  a label or metadata pair of the session that holds the same value as subjects of a type, strong
 */
export type JoinRule =
  | {
      readonly name: string
      readonly type: 'pattern'
      readonly subjectType: string
      readonly pattern: string
      readonly where: readonly TextPlace[]
    }
  | {
      readonly name: string
      readonly type: 'metadata'
      readonly subjectType: string
      readonly metadata: string
    }

/** `first_message`: what the user asked first. */
export type TextPlace = 'title' | 'first_message' | 'tool_input'

/** Of one text; what stands behind is not looked at. */
const readCharacters = 32_768
/** Of one rule in one text. */
const mostMatches = 20
const longestValue = 512

export const viaRule = ({ name }: Pick<JoinRule, 'name'>) => `rule:${name}`

/** What rules make of what is said of the session beside its transcript. */
export function describedRuleKeys(
  rules: readonly JoinRule[],
  session: { readonly title: string | null; readonly said: Readonly<Record<string, string>> },
): SessionKey[] {
  return rules.flatMap((rule) => {
    if (rule.type === 'pattern') {
      return rule.where.includes('title') ? matchKeys(rule, session.title ?? '') : []
    }
    const value = Object.hasOwn(session.said, rule.metadata) ? session.said[rule.metadata] : ''
    if (!value || value.length > longestValue) return []
    const subject = normalSubject({ type: rule.subjectType, value })
    return [{ ...subject, via: viaRule(rule), confidence: 'strong' as const }]
  })
}

/** What patterns find in events. `fromStart`: the events are the first of the transcript. */
export function eventRuleKeys(
  rules: readonly JoinRule[],
  events: readonly SessionEvent[],
  { fromStart }: { readonly fromStart: boolean },
): SessionKey[] {
  const patterns = rules.filter((rule) => rule.type === 'pattern')
  if (patterns.length === 0) return []
  const first = fromStart ? events.find(({ body }) => body.type === 'user.message') : undefined
  const asked = first?.body.type === 'user.message' ? contentText(first.body.content) : ''
  const inputs = patterns.some(({ where }) => where.includes('tool_input'))
    ? inputTexts(events)
    : []
  return patterns.flatMap((rule) => [
    ...(rule.where.includes('first_message') ? matchKeys(rule, asked) : []),
    ...(rule.where.includes('tool_input') ? inputs.flatMap((text) => matchKeys(rule, text)) : []),
  ])
}

const inputTexts = (events: readonly SessionEvent[]): string[] =>
  events.flatMap(({ body }) =>
    body.type === 'agent.tool_use' ||
    body.type === 'agent.mcp_tool_use' ||
    body.type === 'agent.custom_tool_use'
      ? [JSON.stringify(body.input).slice(0, readCharacters)]
      : [],
  )

const compile = remember((pattern) => RE2JS.compile(pattern))

/** RE2: linear in the text. Each value once. */
function matchKeys(rule: Extract<JoinRule, { type: 'pattern' }>, text: string): SessionKey[] {
  if (text === '') return []
  const matcher = compile(rule.pattern).matcher(text.slice(0, readCharacters))
  const found = new Map<string, SessionKey>()
  for (let count = 0; count < mostMatches && matcher.find(); count += 1) {
    const value = (matcher.groupCount() > 0 ? matcher.group(1) : matcher.group()) ?? ''
    if (value.trim() === '' || value.length > longestValue) continue
    const subject = normalSubject({ type: rule.subjectType, value })
    found.set(subject.value, { ...subject, via: viaRule(rule), confidence: 'weak' })
  }
  return [...found.values()]
}
