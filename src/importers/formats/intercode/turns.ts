import type { EventBody, Json, JsonObject, SessionEvent } from '../../../core/session.ts'
import { looksLikeError } from '../../../core/transcript/error-text.ts'
import { type DraftOptions, EventList } from '../../session-draft.ts'
import { asArray, asNumber, asObject, asString, textContent } from '../../shape.ts'

interface TurnsInput {
  /** `bash`, `python`, `sql`: what the environment runs. */
  readonly tool: string
  /** Turns allowed, where the file says so. */
  readonly limit: number | null
  readonly options: DraftOptions
}

interface Turns {
  readonly events: readonly SessionEvent[]
  readonly terminated: boolean
}

/** Raw record 0 is the episode without its turns; turn n came from raw record n + 1. */
export function readTurns(records: readonly Json[], input: TurnsInput): Turns {
  const list = new EventList(input.options)
  const add = (name: string, record: number, body: EventBody) =>
    list.add({ name, record, processedAt: null, body })
  const episode = asObject(records[0]) ?? {}
  const query = asString(episode.query)
  if (query !== null) add('query', 0, { type: 'user.message', content: textContent(query) })
  const plan = (asArray(asObject(episode.turn_history)?.steps) ?? []).filter(isText)
  if (plan.length > 0) add('plan', 0, says(plan.join('\n')))
  const turns = records.slice(1).map((value) => asObject(value) ?? {})
  turns.forEach((turn, at) => {
    const thought = asString(turn.thought)
    if (thought) add(`${at}.thought`, at + 1, says(thought))
    const action = asString(turn.action)
    if (action === null || wasBlocked(turn)) return
    const use = add(`${at}.action`, at + 1, readAction(action, input.tool))
    const observation = asString(turn.observation)
    if (observation === null) return
    add(`${at}.observation`, at + 1, {
      type: 'agent.tool_result',
      tool_use_id: use,
      content: textContent(observation),
      is_error: isError(turn, observation),
    })
  })
  const ending = readEnding(turns, input.limit)
  ending.forEach((body, part) => {
    add(`end.${part}`, 0, body)
  })
  return { events: list.take(), terminated: ending.length > 1 }
}

const isText = (value: Json): value is string => typeof value === 'string'
const says = (text: string): EventBody => ({ type: 'agent.message', content: textContent(text) })

/** The model's service refused to answer; the runner writes this word in the action's place. */
const wasBlocked = (turn: JsonObject) => turn.action === 'blocked' && turn.observation === undefined

const argument: Readonly<Record<string, string>> = { bash: 'command', python: 'code', sql: 'query' }

/**
 * `execute[…]` is the wording of one prompting method, whose runner takes it off; a fence around an action
 * was run as it stands, so it stays.
 */
function readAction(action: string, tool: string): EventBody {
  if (action.trim() === 'submit') return { type: 'agent.tool_use', name: 'submit', input: {} }
  const wrapped = /^\s*execute\[([\s\S]*)\]\s*$/.exec(action)
  const text = wrapped?.[1] ?? action
  return { type: 'agent.tool_use', name: tool, input: { [argument[tool] ?? 'input']: text } }
}

/**
 * A failed test of the task is a low reward and not an error of the call: calling it one would put the
 * outcome into the transcript.
 */
function isError(turn: JsonObject, observation: string): boolean {
  if (turn.valid_action === false || looksLikeError(observation)) return true
  // Python's environment answers with the text of a dict.
  return /'error': (?:'[^']|"[^"])/.test(observation) && observation.startsWith("{'output'")
}

function readEnding(turns: readonly JsonObject[], limit: number | null): EventBody[] {
  const last = turns.at(-1)
  const end: EventBody = { type: 'session.status_idle', stop_reason: { type: 'end_turn' } }
  if (!last) return [end]
  const solved = (asNumber(last.reward) ?? 0) >= 1
  const ended = wasBlocked(last)
    ? 'blocked'
    : !solved && last.action !== 'submit' && limit !== null && turns.length >= limit
      ? 'max_turns'
      : null
  if (ended === null) return [end]
  const error = { type: ended, message: `The run was ended: ${ended}.` }
  return [
    { type: 'session.error', error, retry_status: { type: 'terminal' } },
    { type: 'session.status_terminated' },
  ]
}
