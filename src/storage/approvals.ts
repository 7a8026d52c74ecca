import { DomainError } from '../core/errors.ts'
import type { Approval } from '../core/policy/decision.ts'
import { nameVersions } from '../core/policy/evaluate.ts'
import { findVoid, hashChange, hashEvidence } from '../core/review/approval.ts'
import type { PersonNames } from '../core/review/person.ts'
import type { StoredChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { describeNoPolicy, type JudgingReader, type Panel } from './judging.ts'
import { findPerson } from './people.ts'
import type { Review } from './reviews.ts'

export interface SortedApprovals {
  /** Those that hold, as policies read them, with their reviews. */
  readonly standing: readonly { readonly review: Review; readonly approval: Approval }[]
  /** Why the others do not. */
  readonly void: readonly string[]
}

/** The approvals of a change as they are now: of these bytes, under these policies, by people who still may. */
export async function sortApprovals(
  reader: JudgingReader,
  stored: StoredChange,
  given: { readonly reviews: readonly Review[]; readonly panel: Panel },
): Promise<SortedApprovals> {
  const now = {
    ...hashesOf(stored, reader),
    policyVersion: nameVersions(given.panel.facts.policies),
    at: reader.at,
    hash: reader.hash,
  }
  const standing: SortedApprovals['standing'][number][] = []
  const voided: string[] = []
  for (const review of given.reviews) {
    if (review.verdict !== 'accept' || review.voidedAt !== null) continue
    const person = await findPerson(reader, review.actor)
    const why = findVoidOf(review, now) ?? (person ? null : `${review.actor.id} speaks for nobody`)
    if (why !== null || person === null) voided.push(why ?? '')
    else standing.push({ review, approval: toApproval(person, review) })
  }
  return { standing, void: voided }
}

export const toApproval = (
  by: PersonNames,
  { createdAt, overrules, bypasses }: Pick<Review, 'createdAt' | 'overrules' | 'bypasses'>,
): Approval => ({ by, at: createdAt, isCurrent: true, overrules, bypasses })

function findVoidOf(review: Review, now: Parameters<typeof findVoid>[1]): string | null {
  const { approvalHash, expiresAt } = review
  if (approvalHash === null || expiresAt === null) return 'it was never signed'
  return findVoid({ ...review, approvalHash, expiresAt }, now)
}

export const hashesOf = ({ change }: StoredChange, { hash }: Pick<Writer, 'hash'>) => ({
  changeHash: hashChange(change, hash),
  evidenceHash: hashEvidence(change.evidence, hash),
})

/** The person who writes; programs, dreams and sessions approve nothing. */
export async function getPerson(
  reader: Reader,
  { actor }: Pick<Writer, 'actor'>,
): Promise<PersonNames> {
  const person = await findPerson(reader, actor)
  if (person) return person
  throw new DomainError(
    'forbidden',
    actor.type === 'api_key'
      ? `API key ${actor.id} names no person, so it approves nothing. Make one for a person: lucidream keys create NAME --scope review --owner NAME --role ROLE.`
      : `A ${actor.type} approves nothing; a person has to.`,
    { details: { error_code: 'not_a_person' } },
  )
}

/** Refuses where no policy says how far dreams may go. */
export function refuseNoPolicy({ facts, dream }: Panel): void {
  if (nameVersions(facts.policies) !== null) return
  throw new DomainError('policy_denied', describeNoPolicy(facts.store.name, dream.inputStoreId), {
    details: { error_code: 'no_policy' },
  })
}
