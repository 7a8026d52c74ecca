import { mantelHaenszelDifference, type Stratum } from '../statistics/strata.ts'
import type { Step } from '../transcript/trace.ts'
import { type Case, occasionKey } from './case.ts'
import { intervalLevel } from './contrast.ts'
import type { Occurrence } from './error-signatures.ts'
import type { Recovery } from './finding.ts'

/** How far behind an error its recovery is looked for, in steps. */
const window = 12

/** One error and what came of it: what was done before the tool was tried again, and whether it worked. */
export interface Attempt {
  readonly one: Case
  readonly failed: Step
  readonly recovered: boolean
  /** The step that worked, when one did. */
  readonly success: Step | null
  readonly tokens: ReadonlySet<string>
}

/** Follows every occurrence to the next success of the same act on the same thing, or to the window's end. */
export function followErrors(occurrences: readonly Occurrence[]): Attempt[] {
  return occurrences.map(({ one, step: failed }) => {
    const later = one.trace.steps.slice(failed.index + 1, failed.index + 1 + window)
    const success = later.find((step) => isSameThing(failed, step) && step.status === 'ok') ?? null
    const retry = success ?? later.find((step) => step.act === failed.act) ?? null
    const between = later.slice(0, retry ? retry.index - failed.index - 1 : later.length)
    const tokens = new Set(
      between.filter((step) => step.act !== failed.act).map((step) => `tool:${step.act}`),
    )
    // The same call works again because of what was changed in between, not because it was tried again.
    const untouched = between.every((step) => step.changesState === false)
    if (retry) {
      for (const token of diffArguments(failed, retry)) {
        if (token !== 'retry' || untouched) tokens.add(token)
      }
    }
    return { one, failed, recovered: success !== null, success, tokens }
  })
}

const needed = { sessions: 3, tasks: 2, principals: 2, without: 3 }

/**
 * What goes with recovering, against the row most forget: how often it recovers without. Kept when seen in
 * enough places and the lower bound of the stratified difference is above zero, best bound first.
 */
export function findRecoveries(attempts: readonly Attempt[]): Recovery[] {
  const tokens = [...new Set(attempts.flatMap((attempt) => [...attempt.tokens]))].toSorted()
  return tokens
    .flatMap((token) => judge(token, attempts))
    .toSorted((a, b) => b.low - a.low || (a.token < b.token ? -1 : 1))
}

function judge(token: string, attempts: readonly Attempt[]): Recovery[] {
  const having = attempts.filter((attempt) => attempt.tokens.has(token))
  const lacking = attempts.filter((attempt) => !attempt.tokens.has(token))
  const recovered = having.filter((attempt) => attempt.recovered).map(({ one }) => one)
  const enough =
    new Set(recovered.map(({ trace }) => trace.sessionId)).size >= needed.sessions &&
    new Set(recovered.map(({ trace }) => trace.task.id ?? trace.sessionId)).size >= needed.tasks &&
    new Set(recovered.map(occasionKey)).size >= needed.principals &&
    lacking.length >= needed.without
  const difference = enough
    ? mantelHaenszelDifference(stratify(token, attempts), intervalLevel)
    : null
  if (!difference || difference.low <= 0) return []
  return [
    {
      token,
      recoveredWith: having.filter((attempt) => attempt.recovered).length,
      triedWith: having.length,
      recoveredWithout: lacking.filter((attempt) => attempt.recovered).length,
      triedWithout: lacking.length,
      ...difference,
    },
  ]
}

function stratify(token: string, attempts: readonly Attempt[]): Stratum[] {
  const byType = Map.groupBy(attempts, ({ one }) => one.trace.task.type ?? '')
  return [...byType]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => {
      const count = (has: boolean, recovered: boolean) =>
        group.filter((one) => one.tokens.has(token) === has && one.recovered === recovered).length
      return {
        successWith: count(true, true),
        failureWith: count(true, false),
        successWithout: count(false, true),
        failureWithout: count(false, false),
      }
    })
}

/** The same resource by its first identifying argument, or at least half of the argument names in common. */
function isSameThing(failed: Step, later: Step): boolean {
  if (failed.act !== later.act) return false
  if (failed.resource !== -1 && later.resource !== -1) return failed.resource === later.resource
  const [names, others] = [
    new Set(Object.keys(failed.args ?? {})),
    new Set(Object.keys(later.args ?? {})),
  ]
  const shared = names.intersection(others).size
  return shared >= 0.5 * Math.max(names.union(others).size, 1)
}

/** Array positions do not matter for what was changed: any position is written `-`. */
const generalise = (path: string) => path.replace(/\/\d+(?=\/|$)/g, '/-')

/** What a call says of itself changes nothing; that a command was another one says nothing about which. */
const remark =
  /\/(?:command|cmd|script|code|description|comment|note|reason|explanation|summary|title|thought)$/i

function diffArguments(failed: Step, retry: Step): Set<string> {
  if (failed.call === retry.call) return new Set(['retry'])
  const [was, is] = [failed.args ?? {}, retry.args ?? {}]
  const tokens = new Set<string>()
  for (const path of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [before, after] = [was[path], is[path]]
    if (before === after || remark.test(path)) continue
    const verb = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
    tokens.add(`args:${verb}:${generalise(path)}`)
  }
  return tokens
}
