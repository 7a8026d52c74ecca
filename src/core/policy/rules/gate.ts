import type { JudgedChange, Verdict } from '../decision.ts'
import type { OnMatch, PolicySpec } from '../policy.ts'

/** One thing that a policy can stop. Judging is total: whatever is missing counts against the change. */
export interface Gate {
  /** The policy's field, without `spec`. */
  readonly rule: string
  readonly judge: (spec: PolicySpec, judged: JudgedChange) => readonly Breach[]
}

export interface Breach {
  readonly value: string
  readonly limit: string
  readonly verdict: Exclude<Verdict, 'allow'>
}

export const none: readonly Breach[] = []

export const deny = (value: string, limit: string): readonly Breach[] => [
  { value, limit, verdict: 'deny' },
]

/** What a match leads to. */
export function stop(
  onMatch: OnMatch,
  { value, limit }: Pick<Breach, 'value' | 'limit'>,
): readonly Breach[] {
  return [{ value, limit, verdict: onMatch === 'block' ? 'deny' : 'review' }]
}

/** A gate for a number that may not be more than the policy says. */
export function capped(
  rule: string,
  {
    most,
    found,
    unit,
  }: {
    readonly most: (spec: PolicySpec) => number | null
    /** Null: nothing to count here. */
    readonly found: (judged: JudgedChange, spec: PolicySpec) => number | null
    readonly unit: string
  },
): Gate {
  return {
    rule,
    judge(spec, judged) {
      const limit = most(spec)
      const value = found(judged, spec)
      if (limit === null || value === null || value <= limit) return none
      return deny(`${round(value)} ${unit}`, `at most ${limit} ${unit}`)
    },
  }
}

/** A gate for a number that has to be at least what the policy says. */
export function demanded(
  rule: string,
  {
    least,
    found,
    unit,
  }: {
    readonly least: (spec: PolicySpec, judged: JudgedChange) => number
    readonly found: (judged: JudgedChange) => number
    readonly unit: string
  },
): Gate {
  return {
    rule,
    judge(spec, judged) {
      const limit = least(spec, judged)
      const value = found(judged)
      return value >= limit ? none : deny(`${round(value)} ${unit}`, `at least ${limit} ${unit}`)
    },
  }
}

const round = (value: number) => String(Math.round(value * 1_000) / 1_000)
