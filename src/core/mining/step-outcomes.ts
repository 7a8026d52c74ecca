import type { Step } from '../transcript/digest.ts'
import type { Case } from './case.ts'
import { chooseEvidence, type Sighting } from './choose-evidence.ts'
import { type Contrast, discoveryRate, type Judged, judgeFamily } from './contrast.ts'
import type { Family, Finding } from './finding.ts'
import { findLack, gradeContrast } from './grade.ts'

export interface Mined {
  readonly findings: readonly Finding[]
  readonly family: Family
  readonly silences: readonly string[]
}

/** A pattern over too few sessions cannot become a finding; testing it would cost the others power. */
const testableFrom = 8

/**
 * Steps whose presence or absence goes with the outcome: for every tool, whether a session used it, and
 * whether a call of it failed, against success on the same task.
 */
export function mineStepOutcomes(cases: readonly Case[]): Mined {
  const features = listFeatures(cases)
  const testable = features.filter(({ sessions }) => isTestable(sessions.size, cases.length))
  const { judged, ...tested } = judgeFamily(
    cases,
    testable.map(({ sessions }) => sessions),
  )
  const findings: Finding[] = []
  const close: string[] = []
  testable.forEach((feature, index) => {
    const { compared, effect } = judged[index] as Judged
    const lack = findLack(compared, effect)
    if (lack === null && effect) findings.push(toFinding(cases, feature, { ...compared, effect }))
    else if (effect && effect.q <= discoveryRate) close.push(`${feature.name}: ${lack}`)
  })
  return {
    findings,
    family: {
      kind: 'step_outcome',
      considered: features.length,
      found: findings.length,
      ...tested,
    },
    silences: close.map((line) => `Too little to call it a finding: ${line}.`),
  }
}

interface Feature {
  readonly name: string
  readonly tool: string
  readonly event: 'called' | 'failed'
  readonly sessions: ReadonlySet<Case>
}

const isTestable = (present: number, all: number) =>
  present >= testableFrom && all - present >= testableFrom

function listFeatures(cases: readonly Case[]): Feature[] {
  const sessions = new Map<string, Set<Case>>()
  const add = (name: string, one: Case) => {
    const set = sessions.get(name) ?? new Set()
    sessions.set(name, set.add(one))
  }
  for (const one of cases) {
    for (const step of one.digest.steps) {
      add(`called\0${step.tool}`, one)
      if (step.status === 'error') add(`failed\0${step.tool}`, one)
    }
  }
  return [...sessions]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, having]) => {
      const [event, tool] = name.split('\0') as [Feature['event'], string]
      return { name: `\`${tool}\` ${event}`, tool, event, sessions: having }
    })
}

/** Worded as the side that fails more: its presence, or its absence. */
function toFinding(
  cases: readonly Case[],
  { tool, event, sessions }: Feature,
  compared: Contrast & { effect: NonNullable<Finding['effect']> },
): Finding {
  const harmful = compared.effect.riskDifference < 0
  const presence = harmful || event === 'failed' ? 'present' : 'absent'
  const effect = presence === 'present' ? compared.effect : negate(compared.effect)
  const [sessionsWith, sessionsWithout] =
    presence === 'present'
      ? [compared.sessionsWith, compared.sessionsWithout]
      : [compared.sessionsWithout, compared.sessionsWith]
  return {
    key: `step_outcome:${tool}:${event}`,
    kind: 'step_outcome',
    title: describe(tool, event, { harmful, adjustedFor: effect.adjustedFor }),
    taskType: soleTaskType([...sessions]),
    grade: gradeContrast(compared, compared.effect),
    sessionsWith,
    sessionsWithout,
    effect,
    support: compared.support,
    detail: { kind: 'step_outcome', tool, event, presence },
    evidence: chooseEvidence(sight(cases, { tool, event, sessions, harmful })),
  }
}

function describe(
  tool: string,
  event: Feature['event'],
  { harmful, adjustedFor }: { harmful: boolean; adjustedFor: string },
): string {
  const others = adjustedFor === 'task' ? 'others on the same task' : 'others'
  if (event === 'failed') {
    return `Sessions in which a call of \`${tool}\` fails end ${harmful ? 'badly' : 'well'} more often than ${others}`
  }
  return harmful
    ? `Sessions that call \`${tool}\` fail more often than ${others}`
    : `Sessions that never call \`${tool}\` fail more often than ${others}`
}

/** Calls in sessions that came out as the finding says, and calls in sessions that did not. */
function sight(
  cases: readonly Case[],
  given: Pick<Feature, 'tool' | 'event' | 'sessions'> & { readonly harmful: boolean },
): { supports: Sighting[]; contradicts: Sighting[] } {
  const { tool, event, sessions, harmful } = given
  const wanted = (step: Step) =>
    step.tool === tool && (event === 'called' || step.status === 'error')
  const sightings = cases
    .filter((one) => sessions.has(one) && one.success !== null)
    .flatMap((one) => {
      const step = one.digest.steps.find(wanted)
      return step ? [{ one, quote: step.error?.quote ?? step.quote }] : []
    })
  return {
    supports: sightings.filter(({ one }) => one.success === !harmful),
    contradicts: sightings.filter(({ one }) => one.success === harmful),
  }
}

function negate(effect: NonNullable<Finding['effect']>): NonNullable<Finding['effect']> {
  return {
    ...effect,
    riskDifference: -effect.riskDifference,
    low: -effect.high,
    high: -effect.low,
    unadjusted: {
      riskDifference: -effect.unadjusted.riskDifference,
      p: effect.unadjusted.p,
    },
  }
}

export function soleTaskType(cases: readonly Case[]): string | null {
  const types = new Set(cases.map(({ digest }) => digest.task.type))
  const [only] = types
  return types.size === 1 ? (only ?? null) : null
}
