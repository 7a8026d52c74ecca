import type { SessionId } from '../ids.ts'
import type { Goal } from '../outcome/goal.ts'
import type { GoalSignal } from '../outcome/goal-signal.ts'
import { meanValue } from './blocks.ts'
import type { AssignedUnit } from './commit-order.ts'
import type { ExperimentPlan, GuardrailSource } from './plan.ts'
import { scoreSpending } from './score.ts'

/** What is known of one session, or of one reading without a session, of a unit. */
export interface UnitPart {
  /** Null: read without a session that we know. */
  readonly sessionId: SessionId | null
  /** It began while the former arm's traces were still there (blocks): it does not count. */
  readonly washout: boolean
  /** Those that are surely about it. */
  readonly signals: readonly GoalSignal[]
  /** What it used; null where nobody counted. */
  readonly tokens: number | null
  readonly seconds: number | null
}

/** What signals come to in [0, 1], and which of them made it so; null while they decide nothing. */
export type DecideValue = (
  signals: readonly GoalSignal[],
) => Pick<Goal, 'value' | 'signalIds'> | null

interface Judging {
  readonly plan: Pick<ExperimentPlan, 'guardrails' | 'hardStops'>
  /** One part decides a unit that is a session; others are judged when their time is over. */
  readonly parts: 'one' | 'many'
  readonly decide: DecideValue
  readonly deadline: number
  readonly now: number
}

export type Judged = Pick<AssignedUnit, 'outcome' | 'hardStop'> & {
  /** What it came to when everything counts that ever came. */
  readonly late: { readonly value: number; readonly at: number } | null
  /** Signals that made its value and its scores, in time. */
  readonly deciding: readonly GoalSignal[]
}

/**
 * What a unit came to. Of a session the first signals that decide its goal count, as they came, so that it does not
 * matter when somebody looks; it is complete when every guardrail has its score as well. At the deadline it counts as
 * it is: a goal that was not decided is missing, a score that is not there the worst one.
 */
export function judgeUnit(parts: readonly UnitPart[], judging: Judging): Judged {
  const { deadline, now, plan } = judging
  const judged = parts.map((part) => judgePart(part, judging))
  const isOver = now > deadline
  const timely = judged.flatMap(({ timely: one }) => one ?? [])
  const mayCount = isOver || (judging.parts === 'one' && timely.some(({ complete }) => complete))
  const value = meanValue(timely.map((one) => one.value))
  const late = judged.flatMap(({ late: one }) => one ?? [])
  const lateValue = meanValue(late.map((one) => one.value))
  return {
    outcome:
      mayCount && value !== null
        ? {
            at: Math.min(deadline, Math.max(...timely.map(({ at }) => at))),
            value,
            scores: meanScores(timely.map(({ scores }) => scores)),
          }
        : null,
    hardStop: findStop(parts, plan.hardStops),
    late:
      lateValue === null || value !== null
        ? null
        : { value: lateValue, at: Math.max(...late.map(({ at }) => at)) },
    deciding: timely.flatMap((one) => one.deciding),
  }
}

interface PartValue {
  readonly value: number
  readonly at: number
  readonly scores: Readonly<Record<string, number>>
  readonly complete: boolean
  readonly deciding: readonly GoalSignal[]
}

function judgePart(
  part: UnitPart,
  { plan, decide, deadline }: Judging,
): { timely: PartValue | null; late: PartValue | null } {
  const inOrder = part.signals.toSorted(
    (a, b) => arrivalOf(a) - arrivalOf(b) || (a.id < b.id ? -1 : 1),
  )
  const first = firstDecided(inOrder, decide)
  if (first === null) return { timely: null, late: null }
  const scores: Record<string, number> = {}
  const deciding = [...first.deciding]
  let at = first.at
  for (const source of plan.guardrails) {
    const score = scoreOf(source, part, inOrder)
    if (score === null || score.at > deadline) continue
    scores[source.name] = score.value
    at = Math.max(at, score.at)
    if (score.by) deciding.push(score.by)
  }
  const complete = plan.guardrails.every(({ name }) => Object.hasOwn(scores, name))
  const whole = { value: first.value, at, scores, complete, deciding }
  return first.at <= deadline ? { timely: whole, late: null } : { timely: null, late: whole }
}

/** The shortest beginning of the signals that decides. */
function firstDecided(signals: readonly GoalSignal[], decide: DecideValue) {
  for (let count = 1; count <= signals.length; count += 1) {
    const heard = signals.slice(0, count)
    const goal = decide(heard)
    if (goal === null) continue
    const by = new Set(goal.signalIds)
    return {
      value: goal.value,
      at: arrivalOf(signals[count - 1] as GoalSignal),
      deciding: heard.filter(({ id }) => by.has(id)),
    }
  }
  return null
}

function scoreOf(source: GuardrailSource, part: UnitPart, signals: readonly GoalSignal[]) {
  if (source.from !== 'signal') {
    const used = part[source.from]
    return used === null ? null : { value: scoreSpending(used, source.reference), at: 0, by: null }
  }
  const found = signals.find((signal) => signal.kind === source.kind && worthOf(signal) !== null)
  if (!found) return null
  return { value: worthOf(found) ?? 0, at: arrivalOf(found), by: found }
}

/** When we had it: what its source says of the time decides nothing. */
const arrivalOf = ({ createdAt }: GoalSignal) => Date.parse(createdAt)

const worthOf = ({ value, success }: GoalSignal) =>
  value ?? (success === null ? null : success ? 1 : 0)

function meanScores(all: readonly PartValue['scores'][]): Readonly<Record<string, number>> {
  const names = [...new Set(all.flatMap((scores) => Object.keys(scores)))].toSorted()
  return Object.fromEntries(
    // A part without the score counts as the worst.
    names.map((name) => [name, meanValue(all.map((scores) => scores[name] ?? 0)) ?? 0]),
  )
}

function findStop(parts: readonly UnitPart[], kinds: readonly string[]): string | null {
  const found = parts
    .flatMap(({ signals }) => signals)
    .find(({ kind, success }) => kinds.includes(kind) && success !== true)
  return found?.kind ?? null
}
