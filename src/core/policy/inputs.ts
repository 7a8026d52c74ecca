import type { Reason } from './decision.ts'
import type { Label, Policy, PolicySpec } from './policy.ts'

/** A session that a dream would read. */
export interface ReadableSession {
  readonly id: string
  /** The format it came in. */
  readonly harness: string
  readonly labels: Readonly<Record<string, string>>
  /** Null: nobody counted. */
  readonly userTurns: number | null
  readonly startedAt: string | null
}

export interface InputGate {
  readonly rule: string
  /** What is wrong with the session, or null. */
  readonly refuse: (
    wanted: PolicySpec['inputs'],
    session: ReadableSession,
    now: string,
  ) => Pick<Reason, 'value' | 'limit'> | null
}

const day = 86_400_000

/** What keeps a session from being read by dreams. What is not known about a session counts against it. */
export const inputGates: readonly InputGate[] = [
  {
    rule: 'inputs.sessions.harnesses',
    refuse: ({ sessions: { harnesses } }, { harness }) =>
      harnesses === null || harnesses.includes(harness)
        ? null
        : { value: harness, limit: harnesses.join(', ') },
  },
  {
    rule: 'inputs.sessions.includeLabels',
    refuse({ sessions: { includeLabels } }, session) {
      const missing = includeLabels.find((label) => !hasLabel(session, label))
      return missing ? { value: `not labelled ${show(missing)}`, limit: show(missing) } : null
    },
  },
  {
    rule: 'inputs.sessions.excludeLabels',
    refuse({ sessions: { excludeLabels } }, session) {
      const hit = excludeLabels.find((label) => hasLabel(session, label))
      return hit ? { value: `labelled ${show(hit)}`, limit: `not ${show(hit)}` } : null
    },
  },
  {
    rule: 'inputs.sessions.minUserTurns',
    refuse: ({ sessions: { minUserTurns } }, { userTurns }) =>
      (userTurns ?? 0) >= minUserTurns
        ? null
        : { value: `${userTurns ?? 'unknown'} turns`, limit: `at least ${minUserTurns}` },
  },
  {
    rule: 'inputs.sessions.maxAge',
    refuse({ sessions: { maxAge } }, { startedAt }, now) {
      if (maxAge === null) return null
      const limit = `at most ${Math.round(maxAge / day)} days`
      if (startedAt === null) return { value: 'a session without a date', limit }
      const age = Date.parse(now) - Date.parse(startedAt)
      return age <= maxAge ? null : { value: `${Math.round(age / day)} days old`, limit }
    },
  },
]

export interface SelectedSessions {
  readonly taken: readonly ReadableSession[]
  /** Of audited policies as well; those did not keep a session out. */
  readonly reasons: readonly Reason[]
}

/** The sessions that every policy lets dreams read; of too many the newest, in the order in which they came. */
export function selectSessions(
  policies: readonly Policy[],
  sessions: readonly ReadableSession[],
  { now, every = inputGates }: { readonly now: string; readonly every?: readonly InputGate[] },
): SelectedSessions {
  const reasons: Reason[] = []
  const speaking = policies.filter(({ spec }) => spec.mode !== 'off')
  const read = sessions.filter((session) => {
    const found = speaking.flatMap((policy) => judge(policy, session, { now, every }))
    reasons.push(...found)
    return found.every(({ mode }) => mode === 'audit')
  })
  const caps = speaking.flatMap(({ spec }) =>
    spec.mode === 'enforce' ? (spec.inputs.sessions.maxPerDream ?? []) : [],
  )
  const most = Math.min(...caps, Number.POSITIVE_INFINITY)
  if (read.length <= most) return { taken: read, reasons }
  const newest = new Set(read.toSorted(byAge).slice(0, most))
  const left = read.filter((session) => !newest.has(session))
  const limit = `at most ${most} sessions; the newest are read`
  reasons.push(
    ...left.map(({ id }) =>
      refusal('inputs.sessions.maxPerDream', id, { value: 'one too many', limit }),
    ),
  )
  return { taken: read.filter((session) => newest.has(session)), reasons }
}

/** An outcome that a dream would look at. */
export interface ReadableOutcome {
  readonly kind: string
  /** Left out: nobody signed it. */
  readonly signed?: boolean
}

export interface OutcomeGate {
  readonly rule: string
  readonly permits: (wanted: PolicySpec['inputs']['outcomes'], outcome: ReadableOutcome) => boolean
}

/** What keeps an outcome from being looked at. */
export const outcomeGates: readonly OutcomeGate[] = [
  {
    rule: 'inputs.outcomes.kinds',
    permits: ({ kinds }, { kind }) => kinds?.includes(kind) ?? true,
  },
  {
    rule: 'inputs.outcomes.requireSigned',
    permits: ({ requireSigned }, { signed }) => !requireSigned || signed === true,
  },
]

/** The rules by which some policy keeps an outcome from being looked at; none: it may be. */
export const refuseOutcome = (
  policies: readonly Policy[],
  outcome: ReadableOutcome,
  every: readonly OutcomeGate[] = outcomeGates,
): string[] =>
  every
    .filter(({ permits }) =>
      policies.some(
        ({ spec }) => spec.mode === 'enforce' && !permits(spec.inputs.outcomes, outcome),
      ),
    )
    .map(({ rule }) => rule)

function judge(
  { spec }: Policy,
  session: ReadableSession,
  { now, every }: { readonly now: string; readonly every: readonly InputGate[] },
): Reason[] {
  const mode = spec.mode === 'audit' ? 'audit' : 'enforce'
  return every.flatMap(({ rule, refuse }) => {
    const found = refuse(spec.inputs, session, now)
    return found === null ? [] : [{ ...refusal(rule, session.id, found), mode }]
  })
}

const refusal = (rule: string, path: string, found: Pick<Reason, 'value' | 'limit'>): Reason => ({
  rule,
  path,
  value: found.value,
  limit: found.limit,
  verdict: 'deny',
  mode: 'enforce',
})

const hasLabel = ({ labels }: ReadableSession, { name, value }: Label) =>
  Object.hasOwn(labels, name) && labels[name] === value
const show = ({ name, value }: Label) => `${name}: ${value}`
const byAge = (a: ReadableSession, b: ReadableSession) =>
  (b.startedAt ?? '') < (a.startedAt ?? '')
    ? -1
    : (b.startedAt ?? '') > (a.startedAt ?? '')
      ? 1
      : a.id < b.id
        ? -1
        : 1
