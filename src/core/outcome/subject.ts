import type { Subject } from './signal.ts'

/** How sure a join is. A weak one is shown and never counts in a goal. */
export type Confidence = 'exact' | 'strong' | 'weak'

/**
 * What ties a signal to a session, by the type of the subject; a lower rank is stronger. `metadata.NAME` is rank 4,
 * and whatever else a rule of the workspace finds is 5.
 *
 *   session_id       our own: `sesn_…`
 *   session_key      the key under which a run elsewhere was sent, or an import knows it
 *   exposure_id      our own: `expo_…`
 *   github.pr        `owner/name#412`, in lower case
 *   git.sha          a commit: 40 hex digits, or the first 7 or more
 *   git.branch       `owner/name@branch`, or the branch alone, which is weak
 *   claude.session   what a `Claude-Session` trailer names: `session_…`
 *   conversation_id  `gen_ai.conversation.id`; likewise thread_id, group_id, trace_id, response_id
 *   actor, repository  nothing alone; together with the time rank 6 and weak, see `work-window.ts`
 */
export function keyStrength(type: string): {
  readonly rank: number
  readonly confidence: Confidence
} {
  const known = strengths[type]
  if (known) return known
  if (type.startsWith('metadata.')) return strong(4)
  return { rank: 5, confidence: 'weak' }
}

const strong = (rank: number) => ({ rank, confidence: 'strong' as const })
const exact = { rank: 1, confidence: 'exact' as const }

const strengths: Readonly<Record<string, { rank: number; confidence: Confidence }>> = {
  session_id: exact,
  session_key: exact,
  exposure_id: exact,
  'github.pr': strong(2),
  'git.sha': strong(2),
  'git.branch': strong(2),
  'claude.session': strong(3),
  conversation_id: strong(4),
  thread_id: strong(4),
  group_id: strong(4),
  trace_id: strong(4),
  response_id: strong(4),
}

const lowerCase: ReadonlySet<string> = new Set(['github.pr', 'git.sha', 'repository', 'actor'])

/** Subjects as they are compared and stored: trimmed, in one spelling, each once, in order. */
export function normalSubjects(subjects: readonly Subject[]): Subject[] {
  const seen = new Map(
    subjects.map(({ type, value }) => {
      const one = normalSubject({ type, value })
      return [`${one.type}\0${one.value}`, one] as const
    }),
  )
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subject]) => subject)
}

export function normalSubject({ type, value }: Subject): Subject {
  const text = value.trim()
  return { type, value: lowerCase.has(type) ? text.toLowerCase() : text }
}
