import type { Quote } from '../evidence.ts'
import type { EventId, Hash, SessionId } from '../ids.ts'
import { normaliseError } from '../transcript/error-text.ts'
import { readSaying } from '../transcript/sayings.ts'
import { changesState } from '../transcript/tool-verbs.ts'
import type { Saying, Step, Turn } from '../transcript/trace.ts'
import { agrees, readWords, scoreWords, type Words } from '../transcript/turns.ts'
import type { QuotedCase } from './case.ts'

/** FNV-1a, enough to name things in tests. */
export const hash: Hash = (text) => {
  let state = 0x811c9dc5
  for (const character of text)
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return (state >>> 0).toString(16).padStart(8, '0').repeat(8)
}

interface Given {
  readonly task: string
  readonly type: string | null
  readonly success: boolean | null
  readonly model: string
  readonly principal: string | null
  readonly startedAt: string
  readonly intent: readonly string[]
}

/** Cases written by hand for tests: `tool`, `tool args`, `tool args !error`, `user: words`, `agent: words`. */
export function makeCase(
  id: string,
  script: readonly string[],
  given: Partial<Given> = {},
): QuotedCase {
  const { trace, quotes } = readScript(id, script)
  return {
    success: given.success ?? null,
    value: null,
    components: {},
    quote: (of, at) => quotes.get(`${of} ${at}`) ?? null,
    trace: {
      sessionId: id as SessionId,
      agent: { name: 'a', version: null, model: given.model ?? null },
      task: { type: given.type === undefined ? 'type' : given.type, id: given.task ?? null },
      principal: given.principal === undefined ? id : given.principal,
      startedAt: given.startedAt ?? null,
      ...trace,
      compactions: [],
      intent: given.intent ?? [],
      observations: [],
      observationsLeftOut: 0,
      stopReason: null,
      usage: { inputTokens: 0, outputTokens: 0 },
      seconds: null,
    },
  }
}

function readScript(id: string, script: readonly string[]) {
  const trace = { steps: [] as Step[], turns: [] as Turn[], sayings: [] as Saying[] }
  const quotes = new Map<string, Quote>()
  const earlier: Words[] = []
  const numbers = new Map<string, number>()
  const numberOf = (text: string) => {
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return number
  }
  for (const [at, line] of script.entries()) {
    const quote = (text: string): Quote => ({
      sessionId: id as SessionId,
      eventId: `${id}-${at}` as EventId,
      start: 0,
      end: text.length,
      text,
    })
    const afterStep = trace.steps.length - 1
    if (line.startsWith('user: ')) {
      const said = line.slice(6)
      const score = scoreWords(readWords(said), earlier)
      trace.turns.push({ at, afterStep, kind: 'message', score, agrees: agrees(said) })
      earlier.push(readWords(said))
      quotes.set(`turn ${at}`, quote(said))
    } else if (line.startsWith('agent: ')) {
      trace.sayings.push({ at, afterStep, ...readSaying(line.slice(7)) })
      quotes.set(`saying ${at}`, quote(line.slice(7)))
    } else {
      const [call = '', error] = line.split(' !')
      trace.steps.push(makeStep({ at, index: trace.steps.length, call, error, numberOf }))
      quotes.set(`call ${at}`, quote(call))
      if (error !== undefined) quotes.set(`error ${at}`, quote(error))
    }
  }
  return { trace, quotes }
}

function makeStep(given: {
  at: number
  index: number
  call: string
  error: string | undefined
  numberOf: (text: string) => number
}): Step {
  const { at, index, call, error, numberOf } = given
  const [tool = '', args] = call.split(' ')
  return {
    index,
    at,
    tool,
    act: tool,
    status: error === undefined ? 'ok' : 'error',
    error: error === undefined ? null : normaliseError(error),
    call: numberOf(call),
    resource: args === undefined ? -1 : numberOf(`resource ${args}`),
    result: numberOf('result'),
    resultAt: at,
    source: null,
    changesState: changesState(tool),
    reverts: false,
    resultTokens: 10,
    used: null,
    seconds: 1,
    args: args === undefined ? {} : { '/id': args },
  }
}
