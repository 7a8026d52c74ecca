import type { Critique } from '../core/critique/critique.ts'
import type { ChangeId } from '../core/ids.ts'
import type { Decision } from '../core/policy/decision.ts'
import type { Taint } from '../core/trust/taint.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'

/** What the panel said of a change in one of its rounds, and what was decided. */
export interface Judgement {
  readonly critiques: readonly Critique[]
  readonly decision: Decision
  readonly taint: Taint
}

export interface NewJudgement extends Judgement {
  readonly changeId: ChangeId
  readonly round: number
}

export async function insertJudgements(
  writer: Writer,
  judgements: readonly NewJudgement[],
): Promise<void> {
  const critiques = judgements.flatMap(({ changeId, round, critiques: said }) =>
    said.map((one, ordinal) => ({ change_id: changeId, round, ordinal, ...one })),
  )
  for (const batch of inBatches(critiques, rowsPerInsert)) {
    await writer.write.insertInto('critiques').values(batch).execute()
  }
  const decisions = judgements.map(({ changeId, round, decision, taint }) => ({
    change_id: changeId,
    round,
    verdict: decision.verdict,
    risk: decision.risk,
    reasons: JSON.stringify(decision.reasons),
    approvals: JSON.stringify(decision.approvals),
    policy_version: decision.policyVersion,
    taint,
    decided_at: writer.at,
  }))
  for (const batch of inBatches(decisions, rowsPerInsert)) {
    await writer.write.insertInto('judgements').values(batch).execute()
  }
}

/** Null for a change that was proposed before anything was judged. */
export async function findJudgement(
  reader: Reader,
  { id, round }: { readonly id: ChangeId; readonly round: number },
): Promise<Judgement | null> {
  const row = await reader.read
    .selectFrom('judgements')
    .selectAll()
    .where('change_id', '=', id)
    .where('round', '=', round)
    .executeTakeFirst()
  if (!row) return null
  const critiques = await reader.read
    .selectFrom('critiques')
    .select(['critic', 'verdict', 'explanation'])
    .where('change_id', '=', id)
    .where('round', '=', round)
    .orderBy('ordinal')
    .execute()
  return {
    critiques,
    taint: row.taint,
    decision: {
      verdict: row.verdict,
      risk: row.risk,
      reasons: JSON.parse(row.reasons),
      approvals: JSON.parse(row.approvals),
      policyVersion: row.policy_version,
    },
  }
}
