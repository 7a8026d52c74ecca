/** How the policies of the bypass test differ; what each lets through is said here once more, by hand. */
export interface Rules {
  readonly states: Readonly<Record<string, unknown>>
  /** Null: nothing may be applied. */
  readonly count: number | null
  /** Who counts; one of `reviewers` has to be among them, where there are any. */
  readonly from: readonly string[]
  readonly reviewers: readonly string[]
  readonly expireMs: number
  readonly editorMayApprove: boolean
  /** After so long it goes by itself; null: never. */
  readonly autoMs: number | null
}

const hour = 3_600_000
const day = 24 * hour
const leads = ['ann', 'bob', 'cat']
const by = (count: number, more: object = {}) => ({
  mode: 'required',
  count,
  from: ['role:lead'],
  ...more,
})
const base = {
  from: leads,
  reviewers: [],
  expireMs: 14 * day,
  editorMayApprove: false,
  autoMs: null,
} as const

export const rules: Readonly<Record<string, Rules>> = {
  one: { ...base, states: { 'approvals.low': by(1) }, count: 1 },
  solo: {
    ...base,
    states: { 'approvals.low': by(1), 'approvals.rules': { editorMayApprove: true } },
    count: 1,
    editorMayApprove: true,
  },
  two: {
    ...base,
    states: { 'approvals.low': by(2), 'approvals.rules': { editorMayApprove: true } },
    count: 2,
  },
  reviewed: {
    ...base,
    states: {
      'approvals.low': by(1),
      'scope.allow': [{ paths: ['/**'], operations: ['*'], reviewers: ['group:board'] }],
    },
    count: 1,
    reviewers: ['cat', 'dan'],
  },
  audited: { ...base, states: { mode: 'audit', 'approvals.low': by(1) }, count: 1 },
  short: {
    ...base,
    states: { 'approvals.low': by(1), 'approvals.rules': { expireAfter: '1h' } },
    count: 1,
    expireMs: hour,
  },
  slow: {
    ...base,
    states: { 'approvals.low': { mode: 'auto', delay: '2h', from: ['role:lead'] } },
    count: 1,
    autoMs: 2 * hour,
  },
  denied: {
    ...base,
    states: { 'scope.deny': [{ paths: ['/**'], operations: ['*'] }], 'approvals.low': by(1) },
    count: null,
  },
  paused: { ...base, states: { 'schedule.paused': true, 'approvals.low': by(1) }, count: null },
  off: { ...base, states: { mode: 'off' }, count: null },
}

/** A yes that the API took. */
export interface Yes {
  readonly person: string
  readonly at: number
  readonly text: string
  readonly rule: string
}

export interface Applied {
  readonly rule: string
  readonly now: number
  readonly text: string
  readonly proposedAt: number
  readonly editor: string | null
  readonly yeses: readonly Yes[]
  readonly actor: 'person' | 'policy'
}

/** Why a change may not have been applied now; null where it may. */
export function findBreach(given: Applied): string | null {
  const { rule, now, text, proposedAt, editor, yeses } = given
  const known = rules[rule]
  if (!known || known.count === null) return `nothing may be applied under ${rule}`
  const valid = yeses.filter(
    (yes) =>
      yes.rule === rule &&
      yes.text === text &&
      now - yes.at <= Math.min(known.expireMs, 14 * day) &&
      (yes.person !== editor || known.editorMayApprove),
  )
  const people = new Set(valid.map(({ person }) => person))
  const counted = [...people].filter((person) => known.from.includes(person))
  const reviewed =
    known.reviewers.length === 0 || known.reviewers.some((person) => people.has(person))
  if (counted.length >= known.count && reviewed) return null
  if (known.autoMs !== null && now - proposedAt >= known.autoMs) return null
  return `under ${rule} with the approvals of ${[...people].join(', ') || 'nobody'} (worded by ${editor ?? 'a dream'})`
}
