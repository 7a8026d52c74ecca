import type { Critique } from '../core/critique/critique.ts'
import { type ChangeId, makeId } from '../core/ids.ts'
import type { Decision } from '../core/policy/decision.ts'
import type { Taint } from '../core/trust/taint.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { insertDecision, listDecisions } from './decisions.ts'

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
  for (const { changeId, round, decision, taint } of judgements) {
    const id = nameDecision(writer, changeId, round)
    await insertDecision(writer, { id, changeId, moment: 'propose', decision })
    await writer.write.updateTable('changes').set({ taint }).where('id', '=', changeId).execute()
  }
}

const nameDecision = ({ hash }: Pick<Writer, 'hash'>, changeId: ChangeId, round: number) =>
  makeId('dec', hash, [changeId, 'propose', String(round)])

/** Null for a change that was proposed before anything was judged. */
export async function findJudgement(
  reader: Reader & Pick<Writer, 'hash'>,
  { id, round }: { readonly id: ChangeId; readonly round: number },
): Promise<Judgement | null> {
  const name = nameDecision(reader, id, round)
  const found = (await listDecisions(reader, id)).find((one) => one.id === name)
  if (!found) return null
  const critiques = await reader.read
    .selectFrom('critiques')
    .select(['critic', 'verdict', 'explanation'])
    .where('change_id', '=', id)
    .where('round', '=', round)
    .orderBy('ordinal')
    .execute()
  const { taint } = await reader.read
    .selectFrom('changes')
    .select('taint')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return { critiques, taint: taint ?? 'untrusted', decision: found.decision }
}
