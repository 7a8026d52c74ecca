import type { EventId, SessionId } from '../ids.ts'
import type { Step, UserTurn } from '../transcript/digest.ts'
import { normaliseError } from '../transcript/error-text.ts'
import { changesState } from '../transcript/tool-verbs.ts'
import type { Case } from './case.ts'

/** Cases written by hand for tests: `tool`, `tool args`, `tool args !error`, `user: words`. */
export function makeCase(
  id: string,
  script: readonly string[],
  given: Partial<{ task: string; success: boolean | null }> = {},
): Case {
  const steps: Step[] = []
  const userTurns: UserTurn[] = []
  const quote = (text: string) => ({
    sessionId: id as SessionId,
    eventId: `${id}-${steps.length}-${userTurns.length}` as EventId,
    start: 0,
    end: text.length,
    text,
  })
  for (const line of script) {
    if (line.startsWith('user: ')) {
      userTurns.push({
        event: quote('').eventId,
        afterStep: steps.length - 1,
        followsAgent: true,
        kind: 'message',
        quote: quote(line.slice(6)),
      })
      continue
    }
    const [call, error] = line.split(' !')
    const [tool, args] = (call ?? '').split(' ')
    steps.push({
      index: steps.length,
      useEvent: quote('').eventId,
      resultEvent: null,
      tool: tool ?? '',
      argsHash: args ?? '',
      args: args === undefined ? {} : { '/id': args },
      status: error === undefined ? 'ok' : 'error',
      error:
        error === undefined ? null : { normalised: normaliseError(error), quote: quote(error) },
      changesState: changesState(tool ?? ''),
      resultHash: 'r',
      resultTokens: 10,
      seconds: 1,
      quote: quote(call ?? ''),
    })
  }
  return {
    success: given.success ?? null,
    value: null,
    digest: {
      sessionId: id as SessionId,
      transcriptHash: id,
      digesterVersion: 1,
      agent: { name: 'a', version: null, model: null },
      task: { type: 'type', id: given.task ?? null },
      principal: id,
      startedAt: null,
      steps,
      userTurns,
      stopReason: null,
      usage: { inputTokens: 0, outputTokens: 0 },
      seconds: null,
    },
  }
}
