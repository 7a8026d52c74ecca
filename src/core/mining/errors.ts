import type { Hash } from '../ids.ts'
import type { Candidate, Patterns } from './candidate.ts'
import { cite, type Sighting } from './cite.ts'
import { clusterErrors, type ErrorSignature } from './error-signatures.ts'
import { isRecurring, recurringFrom } from './member-sets.ts'
import type { Population } from './population.ts'
import { type Attempt, findRecoveries, followErrors } from './recoveries.ts'
import { shorten } from './wording.ts'

const shownRecoveries = 5

/** Errors that keep coming back, what recovers them, and whether sessions that meet them fail more. */
export function mineErrors(population: Population, hash: Hash): Patterns {
  const signatures = clusterErrors(population.cases)
  const recurring = signatures
    .filter(({ template }) => hasWords(template))
    .map((signature) => ({ signature, members: membersOf(signature) }))
    .filter(({ members }) => isRecurring(population, members))
  const rare = signatures.length - recurring.length
  const { sessions, tasks } = recurringFrom(population)
  return {
    kind: 'error_recovery',
    considered: signatures.length,
    tested: true,
    candidates: recurring.map(({ signature, members }) => toCandidate(signature, members, hash)),
    silences:
      rare === 0
        ? []
        : [
            `${rare} kinds of error were seen in fewer than ${sessions} sessions or ${tasks} tasks, or have no words; they are counted, not reported.`,
          ],
  }
}

/** `exit code <NUM>` alone says that something failed, not what. */
const hasWords = (template: string) =>
  /\p{L}{3}/u.test(template.replace(/<[^>]*>/g, '').replace(/^exit code\s*$/, ''))

const membersOf = ({ occurrences }: ErrorSignature): number[] => [
  ...new Set(occurrences.map(({ member }) => member)),
]

function toCandidate(signature: ErrorSignature, members: readonly number[], hash: Hash): Candidate {
  const { tool, template, first, occurrences } = signature
  const title = `\`${tool}\` keeps failing with “${shorten(template, 90)}”`
  return {
    members,
    standing: 'counted',
    name: title,
    describe: () => {
      const attempts = followErrors(occurrences)
      const id = hash(`${tool}\0${first}`).slice(0, 12)
      return {
        key: `error_recovery:${tool}:${id}`,
        title,
        detail: {
          kind: 'error_recovery',
          tool,
          template,
          signature: id,
          occurrences: occurrences.length,
          recovered: attempts.filter((attempt) => attempt.recovered).length,
          recoveries: findRecoveries(attempts).slice(0, shownRecoveries),
        },
        citations: cite({ supports: sight(attempts) }),
      }
    },
  }
}

/** Errors that were recovered first: their quotes show both sides. */
const sight = (attempts: readonly Attempt[]): Sighting[] =>
  attempts
    .toSorted((a, b) => Number(b.recovered) - Number(a.recovered))
    .map(({ one, failed }) => ({ one, of: 'error', index: failed }))
