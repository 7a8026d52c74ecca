import type { Critique } from '../core/critique/critique.ts'
import type { Decision } from '../core/policy/decision.ts'
import { presentJudged } from '../core/present/review.ts'
import { hashesOf, sortApprovals } from './approvals.ts'
import type { StoredChange } from './changes.ts'
import { listDecisions } from './decisions.ts'
import { listCritiques } from './judgements.ts'
import { type JudgingReader, openPanelOf } from './judging.ts'
import { listReviews } from './reviews.ts'

/**
 * What a reviewer sees beside the change itself, in the shape of the contract. As long as a change is open, the
 * decision is today's; afterwards it is the last one that was made.
 */
export async function readJudged(reader: JudgingReader, stored: StoredChange) {
  const decisions = await listDecisions(reader, stored.id)
  const reviews = await listReviews(reader, stored.id)
  const critiques = await listCritiques(reader, stored)
  const isOpen = stored.status === 'proposed' || stored.status === 'accepted'
  const [last] = decisions
  const now = isOpen || !last ? await judgeNow(reader, stored) : null
  return presentJudged({
    round: stored.round,
    statusReason: stored.statusReason,
    ...hashesOf(stored, reader),
    critiques: critiques.length > 0 ? critiques : (now?.critiques ?? []),
    decision: (now?.decision ?? last?.decision) as Decision,
    decisions,
    taint: stored.change.trust.taint,
    reviews,
  })
}

/** What the panel and the policies say of it as everything is now, with the approvals that hold. */
export async function judgeNow(
  reader: JudgingReader,
  stored: StoredChange,
): Promise<{ readonly critiques: readonly Critique[]; readonly decision: Decision }> {
  const panel = await openPanelOf(reader, stored.dreamId, 'propose')
  const reviews = await listReviews(reader, stored.id)
  const { standing } = await sortApprovals(reader, stored, { reviews, panel })
  const approvals = standing.map(({ approval }) => approval)
  return panel.judge(await panel.prepare(stored, { approvals }))
}
