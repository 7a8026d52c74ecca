import jsonata from 'jsonata'
import {
  type DeliveryFacts,
  findConditionFault,
  judgeCondition,
} from '../../core/receive/condition.ts'
import type { Expressions, MappingTask } from '../../core/receive/mapping.ts'
import { Re2Regexp } from '../../core/receive/re2-regexp.ts'

/** What the expressions say; JSON, not judged yet. */
export type Evaluated =
  | { readonly type: 'evaluated'; readonly json: string }
  | { readonly type: 'ignored'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }

/** A result longer than this is no set of signals. */
const mostResultCharacters = 256 * 1024

/** JSONata's own guards give a reason; what gets round them ends with the process. */
const guards = { timeout: 1_000, stack: 200, sequence: 10_000 }

export async function mapDelivery(task: MappingTask): Promise<Evaluated> {
  const facts = readFacts(task)
  if (typeof facts === 'string') return { type: 'failed', reason: facts }
  if (task.condition !== null) {
    const answer = judgeCondition(task.condition, facts)
    if (answer.type === 'failed') return answer
    if (!answer.holds) return { type: 'ignored', reason: 'the condition of the source is false' }
  }
  try {
    const { event, headers } = facts
    const bindings = { event, headers, received_at: new Date(task.receivedAt).toISOString() }
    const result: unknown = await compile(task).evaluate(facts.payload, bindings)
    const json = JSON.stringify(result)
    if (json === undefined) return { type: 'ignored', reason: 'the mapping gives nothing' }
    if (json.length <= mostResultCharacters) return { type: 'evaluated', json }
    return failed(`the result is longer than ${mostResultCharacters} characters`)
  } catch (cause) {
    return failed(explain(cause))
  }
}

/** Why these expressions cannot be used, or null: syntax, and patterns that RE2 does not know. */
export function checkExpressions({ mapping, condition }: Expressions): string | null {
  const fault = condition === null ? null : findConditionFault(condition)
  if (fault !== null) return `condition: ${fault}`
  try {
    tryPatterns(jsonata(mapping, options).ast())
    return null
  } catch (cause) {
    return `mapping: ${explain(cause)}`
  }
}

function readFacts({ body, event, headers }: MappingTask): DeliveryFacts | string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    return { event, headers, payload: JSON.parse(text) }
  } catch (cause) {
    return `the body is not JSON in UTF-8 (${explain(cause)}); let the sender use application/json`
  }
}

const options = { RegexEngine: Re2Regexp as unknown as RegExpConstructor, ...guards }

/** The same delivery always gives the same: no clock, no chance, and no text of the payload is run. */
function compile({ mapping, receivedAt }: MappingTask) {
  const expression = jsonata(mapping, options)
  expression.registerFunction('now', () => new Date(receivedAt).toISOString(), '<:s>')
  expression.registerFunction('millis', () => receivedAt, '<:n>')
  for (const name of ['random', 'shuffle', 'eval']) {
    expression.registerFunction(name, () => {
      throw new Error(`$${name} is not there for mappings`)
    })
  }
  return expression
}

/** Patterns are literals in JSONata, so all of them stand in the parsed expression. */
function tryPatterns(node: unknown): void {
  if (node instanceof RegExp) new Re2Regexp(node)
  else if (typeof node === 'object' && node !== null) Object.values(node).forEach(tryPatterns)
}

const failed = (why: string): Evaluated => ({ type: 'failed', reason: `mapping: ${why}` })

/** JSONata throws plain objects. */
function explain(cause: unknown): string {
  const { message, code, position } = (cause ?? {}) as Record<string, unknown>
  const text = typeof message === 'string' && message !== '' ? message : String(code ?? cause)
  const place = typeof position === 'number' ? ` (at ${position})` : ''
  return `${text.slice(0, 300)}${place}`
}
