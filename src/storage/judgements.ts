import type { Critique } from '../core/critique/critique.ts'
import { type ChangeId, makeId } from '../core/ids.ts'
import type { JudgedProposal } from '../core/review/judge.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { insertDecision } from './decisions.ts'

/** What the panel said of a change in one of its rounds, and what was decided. */
export interface NewJudgement extends JudgedProposal {
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
  for (const { changeId, round, decision, taint, dueAt } of judgements) {
    const id = nameDecision(writer, changeId, round)
    await insertDecision(writer, { id, changeId, moment: 'propose', decision, dueAt })
    await writer.write.updateTable('changes').set({ taint }).where('id', '=', changeId).execute()
  }
}

const nameDecision = ({ hash }: Pick<Writer, 'hash'>, changeId: ChangeId, round: number) =>
  makeId('dec', hash, [changeId, 'propose', String(round)])

/** In the order in which they were said; empty for a change that was proposed before there was a panel. */
export async function listCritiques(
  reader: Reader,
  { id, round }: { readonly id: ChangeId; readonly round: number },
): Promise<Critique[]> {
  return reader.read
    .selectFrom('critiques')
    .select(['critic', 'verdict', 'explanation'])
    .where('change_id', '=', id)
    .where('round', '=', round)
    .orderBy('ordinal')
    .execute()
}
