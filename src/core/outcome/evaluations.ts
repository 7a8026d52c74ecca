import { graderVersion } from '../experiment/graders.ts'
import type { SessionId } from '../ids.ts'
import type { Json, JsonObject } from '../session.ts'
import type { Components, NewSignal, Subject } from './signal.ts'

/** No source of the API has a slash: nobody can use up the keys of what sessions say themselves. */
const sessionSource = 'session/outcome_evaluation'

/** A rubric has some criteria, not thousands. */
const mostParts = 64
const longestName = 128
const longestText = 1_000
const longestExplanation = 8_000

/**
 * What a session's own grader said: `span.outcome_evaluation_end`, one signal for each iteration. Null for any other
 * event. Needing revision, or being interrupted, decides nothing.
 */
export function evaluationSignal(
  sessionId: SessionId,
  event: JsonObject,
  at: string | null,
): NewSignal | null {
  if (event.type !== 'span.outcome_evaluation_end') return null
  const result = textOf(event.result) ?? ''
  const success = result === 'satisfied' ? true : failures.has(result) ? false : null
  const outcome = textOf(event.outcome_id) ?? textOf(event.outcome_evaluation_start_id) ?? ''
  const iteration = typeof event.iteration === 'number' ? event.iteration : 0
  return {
    source: sessionSource,
    idempotencyKey: `${sessionId} ${outcome} ${iteration}`,
    kind: 'rubric',
    value: success === null ? null : success ? 1 : 0,
    success,
    components: {
      ...criteriaOf(event.criteria),
      iteration,
      result,
      ...versionOf(event.grader_version),
    },
    decidedAt: at,
    principal: null,
    signed: false,
    subjects: [],
    explanation: textOf(event.explanation)?.slice(0, longestExplanation) ?? null,
    sessionId,
    final: result !== 'needs_revision',
  }
}

/** By which version of its grader, where it says so: with another one an experiment is void. */
const versionOf = (version: Json | undefined): Components =>
  typeof version === 'string' && version !== ''
    ? { [graderVersion]: version.slice(0, longestText) }
    : {}

const failures: ReadonlySet<string> = new Set(['failed', 'max_iterations_reached'])

/** `[{name, score}]` or `{name: score}`; what is neither a number, a flag nor a text is left out. */
function criteriaOf(given: Json | undefined): Components {
  if (typeof given !== 'object' || given === null) return {}
  const pairs: (readonly [string, Json | undefined])[] = Array.isArray(given)
    ? given.flatMap((one: Json) => {
        if (typeof one !== 'object' || one === null || Array.isArray(one)) return []
        const { name, criterion, score, passed, value } = one as JsonObject
        const called = textOf(name) ?? textOf(criterion)
        return called === null ? [] : [[called, score ?? passed ?? value] as const]
      })
    : Object.entries(given as JsonObject)
  const parts = pairs.slice(0, mostParts).flatMap(([name, part]) => {
    const kept = partOf(part)
    return kept === undefined ? [] : [[name.slice(0, longestName), kept] as const]
  })
  return Object.fromEntries(parts)
}

function partOf(part: Json | undefined): Components[string] | undefined {
  if (typeof part === 'number' || typeof part === 'boolean') return part
  return typeof part === 'string' ? part.slice(0, longestText) : undefined
}

/** The attributes of OpenTelemetry's `gen_ai.evaluation.result`, and the span that it stands in. */
export interface EvaluationResult {
  readonly source: string
  readonly traceId: string | null
  readonly spanId: string | null
  readonly at: string | null
  readonly attributes: JsonObject
}

/**
 * As a signal about the response, the conversation and the trace that it names. A score outside [0, 1] is kept as a
 * part and is no value; a label that is not known decides nothing.
 */
export function evaluationResultSignal(result: EvaluationResult): NewSignal {
  const { attributes, traceId, spanId } = result
  const said = (name: string) => attributes[`gen_ai.${name}`]
  const name = textOf(said('evaluation.name')) ?? 'evaluation'
  const score = said('evaluation.score.value')
  const label = textOf(said('evaluation.score.label'))
  const number = typeof score === 'number' ? score : null
  const response = textOf(said('response.id'))
  const subjects = [
    ['response_id', response],
    ['conversation_id', textOf(said('conversation.id'))],
    ['trace_id', traceId],
    // Ours, where an agent's harness puts them into its spans.
    ['session_id', textOf(attributes['lucidream.session_id'])],
    ['exposure_id', textOf(attributes['lucidream.exposure_id'])],
  ].flatMap(([type, value]): Subject[] =>
    type && value ? [{ type, value: value.slice(0, 512) }] : [],
  )
  return {
    source: result.source,
    idempotencyKey: JSON.stringify([name, traceId, spanId, response, result.at]).slice(0, 1_000),
    kind: 'rubric',
    value: number !== null && number >= 0 && number <= 1 ? number : null,
    success: label === null ? null : (labels.get(label.toLowerCase()) ?? null),
    components: {
      evaluation: name.slice(0, longestText),
      ...(number === null ? {} : { score: number }),
      ...(label === null ? {} : { label: label.slice(0, longestText) }),
      ...versionOf(attributes['lucidream.grader_version']),
    },
    decidedAt: result.at,
    principal: null,
    signed: false,
    subjects,
    explanation: textOf(said('evaluation.explanation'))?.slice(0, longestExplanation) ?? null,
    sessionId: null,
  }
}

const labels: ReadonlyMap<string, boolean> = new Map([
  ...['pass', 'passed', 'true', 'good', 'correct', 'yes'].map((label) => [label, true] as const),
  ...['fail', 'failed', 'false', 'bad', 'incorrect', 'no'].map((label) => [label, false] as const),
])

const textOf = (value: Json | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null
