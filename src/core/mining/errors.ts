import type { Case } from './case.ts'
import { chooseEvidence, type Sighting } from './choose-evidence.ts'
import { countSupport, type Judged, judgeFamily } from './contrast.ts'
import { clusterErrors, type ErrorSignature } from './error-signatures.ts'
import type { Finding } from './finding.ts'
import { findLack, gradeContrast } from './grade.ts'
import { type Attempt, findRecoveries, followErrors } from './recoveries.ts'
import { type Mined, soleTaskType } from './step-outcomes.ts'

const needed = { sessions: 3, tasks: 2 }

/** Errors that keep coming back, what recovers them, and whether sessions that meet them fail more. */
export function mineErrors(cases: readonly Case[]): Mined {
  const signatures = clusterErrors(cases)
  const recurring = signatures.filter(isRecurring)
  const { judged, ...tested } = judgeFamily(
    cases,
    recurring.map((signature) => new Set(signature.occurrences.map(({ one }) => one))),
  )
  const findings = recurring.map((signature, index) =>
    toFinding(signature, judged[index] as Judged),
  )
  const rare = signatures.length - recurring.length
  return {
    findings,
    family: {
      kind: 'error_recovery',
      considered: signatures.length,
      found: findings.length,
      ...tested,
    },
    silences:
      rare === 0
        ? []
        : [
            `${rare} kinds of error were seen in fewer than ${needed.sessions} sessions or ${needed.tasks} tasks; they are counted, not reported.`,
          ],
  }
}

function isRecurring({ occurrences }: ErrorSignature): boolean {
  const cases = [...new Set(occurrences.map(({ one }) => one))]
  const tasks = new Set(cases.map(({ digest }) => digest.task.id ?? digest.sessionId))
  return cases.length >= needed.sessions && tasks.size >= needed.tasks
}

function toFinding(signature: ErrorSignature, { compared, effect }: Judged): Finding {
  const { tool, template, occurrences } = signature
  const attempts = followErrors(occurrences)
  const recovered = attempts.filter((attempt) => attempt.recovered).length
  const cases = [...new Set(occurrences.map(({ one }) => one))]
  const strong = findLack(compared, effect) === null
  return {
    key: `error_recovery:${tool}:${template}`,
    kind: 'error_recovery',
    title: `\`${tool}\` keeps failing with “${shorten(template)}”`,
    taskType: soleTaskType(cases),
    grade: strong ? gradeContrast(compared, effect) : 'D',
    sessionsWith: compared.sessionsWith,
    sessionsWithout: compared.sessionsWithout,
    effect,
    support: countSupport(cases),
    detail: {
      kind: 'error_recovery',
      tool,
      template,
      occurrences: occurrences.length,
      recovered,
      recoveries: findRecoveries(attempts).slice(0, 5),
    },
    evidence: chooseEvidence({ supports: sight(attempts) }),
  }
}

/** Errors that were recovered first: their quotes show both sides. */
function sight(attempts: readonly Attempt[]): Sighting[] {
  return attempts
    .toSorted((a, b) => Number(b.recovered) - Number(a.recovered))
    .flatMap(({ one, failed }) => (failed.error ? [{ one, quote: failed.error.quote }] : []))
}

const shorten = (template: string) =>
  template.length <= 90 ? template : `${template.slice(0, 89).trimEnd()}…`
