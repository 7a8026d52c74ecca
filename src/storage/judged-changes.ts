import { presentJudged } from '../core/present/review.ts'
import type { StoredChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { hashesOf, judgeStored } from './review-changes.ts'
import { listReviews } from './reviews.ts'

/** What a reviewer sees beside the change itself, in the shape of the contract. */
export async function readJudged(reader: Reader & Pick<Writer, 'hash'>, stored: StoredChange) {
  return presentJudged({
    round: stored.round,
    statusReason: stored.statusReason,
    ...hashesOf(stored, reader),
    ...(await judgeStored(reader, stored)),
    reviews: await listReviews(reader, stored.id),
  })
}
