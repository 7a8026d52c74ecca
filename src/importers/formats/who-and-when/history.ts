import type { EventId } from '../../../core/ids.ts'
import type { EventBody, Json, JsonObject, SessionEvent } from '../../../core/session.ts'
import { looksLikeError } from '../../../core/transcript/error-text.ts'
import { type DraftOptions, EventList } from '../../session-draft.ts'
import { asObject, asString, textContent } from '../../shape.ts'

interface History {
  readonly events: readonly SessionEvent[]
  /** One reason per turn that became no event. */
  readonly unknown: readonly string[]
}

/**
 * Raw record 0 is the run without its history; turn n of the history is raw record n + 1, so the step that
 * people blamed is the events of record `mistake_step + 1`.
 */
export function readHistory(records: readonly Json[], options: DraftOptions): History {
  const list = new EventList(options)
  const unknown: string[] = []
  const turns = records.slice(1).map((value) => asObject(value) ?? {})
  const question = asString(asObject(records[0])?.question)
  if (question !== null && !turns.some(isPerson)) {
    const body: EventBody = { type: 'user.message', content: textContent(question) }
    list.add({ name: 'question', record: 0, processedAt: null, body })
  }
  let call: EventId | null = null
  turns.forEach((turn, at) => {
    const bodies = readTurn(turn, turns[at + 1] ?? null, call)
    if (bodies.length === 0) unknown.push('turn without text')
    call = null
    bodies.forEach((body, part) => {
      const name = `${at}.${part}`
      const id = list.add({ name, record: at + 1, processedAt: null, body })
      if (body.type === 'agent.tool_use') call = id
    })
  })
  const body: EventBody = { type: 'session.status_idle', stop_reason: { type: 'end_turn' } }
  list.add({ name: 'end', record: 0, processedAt: null, body })
  return { events: list.take(), unknown }
}

/** One half of the set names the speaker in `name`, the other in `role`. */
const speakerOf = (turn: JsonObject) => asString(turn.name) ?? asString(turn.role) ?? 'unknown'
const textOf = (turn: JsonObject) => asString(turn.content) ?? ''
const isPerson = (turn: JsonObject) => speakerOf(turn) === 'human'

function readTurn(turn: JsonObject, next: JsonObject | null, call: EventId | null): EventBody[] {
  const text = textOf(turn)
  if (text === '') return []
  if (isPerson(turn)) return [{ type: 'user.message', content: textContent(text) }]
  if (call !== null) {
    const is_error = failed(text)
    const content = textContent(text)
    return [{ type: 'agent.tool_result', tool_use_id: call, content, is_error }]
  }
  const said: EventBody = {
    type: 'agent.message',
    content: textContent(`${speakerOf(turn)}: ${text}`),
  }
  const code = next !== null && answersCode(next) ? readCode(text) : null
  return code === null ? [said] : [said, { type: 'agent.tool_use', ...code }]
}

/** What a team's terminal says about code that it ran. */
const answersCode = (turn: JsonObject) =>
  /^\s*(?:exitcode: \d|The script ran, then exited with)/.test(textOf(turn))

function failed(text: string): boolean {
  const code = /^\s*(?:exitcode: |The script ran, then exited with Unix exit code: )(\d{1,9})/.exec(
    text,
  )
  return code === null ? looksLikeError(text) : Number(code[1]) !== 0
}

/** All fenced blocks of a message, which the terminal runs one after the other; the first names the language. */
function readCode(text: string): { name: string; input: JsonObject } | null {
  const blocks = text.split('```').filter((_, at) => at % 2 === 1)
  const [first] = blocks
  if (first === undefined) return null
  const language = /^[a-z]{1,20}(?=\s)/.exec(first)?.[0] ?? ''
  const code = blocks.map((block) => block.slice(block.indexOf('\n') + 1)).join('\n')
  return { name: language === '' ? 'code' : language, input: { code } }
}
