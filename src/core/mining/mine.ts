import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import { mineBehaviours } from './behaviours.ts'
import type { Candidate, Description, Judged, Patterns } from './candidate.ts'
import type { Case, QuotedCase } from './case.ts'
import { quoteFindings } from './cite.ts'
import { discoveryRate } from './contrast.ts'
import { mineCorrections } from './corrections.ts'
import { mineEdgeCases } from './edge-cases.ts'
import { mineErrors } from './errors.ts'
import type { CitedFinding, Effect, MiningReport } from './finding.ts'
import { type JudgedPatterns, judge } from './judge.ts'
import { soleTaskType } from './member-sets.ts'
import { mineObservedFacts } from './observed-facts.ts'
import { layOut, type Population } from './population.ts'
import { mineReferencePaths } from './reference-paths.ts'
import { mineRejectedOutputs } from './rejected-outputs.ts'
import { mineSequences } from './sequences.ts'
import { mineSources } from './source-reliability.ts'
import { mineStepOutcomes } from './step-outcomes.ts'
import { findTaskPaths } from './task-path.ts'
import { mineWastedSteps } from './wasted-steps.ts'

/** What besides the sessions the miners need. */
export interface MiningInput {
  /** The memory that the sessions read, for values that tools state otherwise. */
  readonly documents: readonly MemoryDocument[]
  readonly hash: Hash
}

/** Below this many decided sessions a comparison finds little that is there (power 0.07 at 200). */
const usefulFrom = 300

/**
 * Findings of all miners, strongest grade first, citing by index. A pure function of the cases: their order
 * does not matter, and the same cases give the same findings.
 */
export function minePatterns(
  cases: readonly Case[],
  { documents, hash }: MiningInput,
): MiningReport<CitedFinding> {
  const population = layOut(cases)
  const paths = findTaskPaths(population)
  const mined = [
    mineReferencePaths(population, paths),
    mineStepOutcomes(population),
    mineSequences(population),
    mineBehaviours(population),
    mineErrors(population, hash),
    mineWastedSteps(population),
    mineSources(population),
    mineCorrections(population),
    mineEdgeCases(population),
    mineRejectedOutputs(population),
    mineObservedFacts(population, documents, hash),
  ]
  const judged = judge(population, mined)
  const findings = mined.map((patterns, index) =>
    toFindings(population, patterns, judged[index] as JudgedPatterns),
  )
  return {
    findings: nameApart(findings.flat().toSorted(byGrade)),
    families: judged.map(({ family }, index) => ({
      ...family,
      found: findings[index]?.length ?? 0,
    })),
    paths,
    comparedBy: {
      adjustedFor: population.adjustedFor,
      taskTypesFrom: population.types.from,
      agents: population.agents,
      agentAdjusted: population.additive !== null,
    },
    silences: [
      ...explainSize(population),
      ...mined.flatMap(({ silences }) => silences),
      ...mined.flatMap((patterns, index) => explainClose(patterns, judged[index]?.judged ?? [])),
    ],
  }
}

/** `minePatterns` over cases that have their words with them. */
export function mine(cases: readonly QuotedCase[], input: MiningInput): MiningReport {
  const byId = new Map(cases.map((one) => [one.trace.sessionId, one]))
  const report = minePatterns(cases, input)
  return {
    ...report,
    findings: quoteFindings(
      report.findings,
      ({ sessionId, of, at }) => byId.get(sessionId)?.quote(of, at) ?? null,
    ),
  }
}

/** Two groups may get the same words for a name: the weaker one is numbered, since a key names one finding. */
function nameApart(findings: readonly CitedFinding[]): CitedFinding[] {
  const seen = new Map<string, number>()
  return findings.map((finding) => {
    const count = (seen.get(finding.key) ?? 0) + 1
    seen.set(finding.key, count)
    return count === 1 ? finding : { ...finding, key: `${finding.key}~${count}` }
  })
}

function toFindings(
  population: Population,
  { candidates }: Patterns,
  { judged }: JudgedPatterns,
): CitedFinding[] {
  return candidates.flatMap((candidate, index) => {
    const one = judged[index]
    if (!one || (candidate.standing === 'compared' && one.lack !== null)) return []
    return [toFinding(population, candidate, one)]
  })
}

function toFinding(population: Population, candidate: Candidate, judged: Judged): CitedFinding {
  const { key, title, detail, citations, absent } = candidate.describe(judged)
  const { sessionsWith, sessionsWithout, support } = judged.contrast
  const { effect } = judged
  return {
    key,
    kind: detail.kind,
    title,
    taskType: soleTaskType(population, candidate.members),
    grade: judged.grade,
    sessionsWith: absent ? sessionsWithout : sessionsWith,
    sessionsWithout: absent ? sessionsWith : sessionsWithout,
    effect: effect && absent ? turnAround(effect) : effect,
    support,
    detail,
    citations,
  } satisfies CitedFinding & Partial<Description>
}

/** The effect of not having the pattern. */
function turnAround(effect: Effect): Effect {
  const { agentAdjusted, replication, unadjusted } = effect
  return {
    ...effect,
    riskDifference: -effect.riskDifference,
    low: -effect.high,
    high: -effect.low,
    shrunk: -effect.shrunk,
    agentAdjusted: agentAdjusted && {
      riskDifference: -agentAdjusted.riskDifference,
      low: -agentAdjusted.high,
      high: -agentAdjusted.low,
      p: agentAdjusted.p,
    },
    replication: {
      ...replication,
      riskDifference: replication.riskDifference === null ? null : -replication.riskDifference,
    },
    unadjusted: { riskDifference: -unadjusted.riskDifference, p: unadjusted.p },
  }
}

/** Best grade first, then the strongest evidence; findings without a comparison by how often they occur. */
function byGrade(a: CitedFinding, b: CitedFinding): number {
  if (a.grade !== b.grade) return a.grade < b.grade ? -1 : 1
  return (
    (a.effect?.q ?? 2) - (b.effect?.q ?? 2) ||
    b.support.sessions - a.support.sessions ||
    (a.key < b.key ? -1 : 1)
  )
}

function explainSize({ cases, outcomes, types, adjustedFor }: Population): string[] {
  const decided = outcomes.length
  if (cases.length === 0) return []
  if (decided === 0) {
    return ['No session has a decided outcome: nothing can be compared with success, only counted.']
  }
  return [
    ...(decided >= usefulFrom
      ? []
      : [
          `${decided} sessions have a decided outcome; comparisons become useful from about ${usefulFrom}, so ${usefulFrom - decided} are missing.`,
        ]),
    ...(adjustedFor === 'task_cluster'
      ? [
          'The source names no types of task: requests were clustered by their words, which is coarse, so no comparison is graded better than D.',
        ]
      : []),
    ...(types.from === 'none'
      ? [
          'The source names no types of task and requests are too different to cluster: nothing is held fixed.',
        ]
      : []),
  ]
}

/** Comparisons that pass the tests and lack something else: worth waiting for. */
function explainClose({ candidates }: Patterns, judged: readonly Judged[]): string[] {
  return candidates.flatMap(({ name }, index) => {
    const one = judged[index]
    if (!one?.effect || one.lack === null || one.effect.q > discoveryRate / 2) return []
    return /needed|one person|differs from/.test(one.lack)
      ? [`Too little to call it a finding: ${name}: ${one.lack}.`]
      : []
  })
}
