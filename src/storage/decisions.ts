import { type ChangeId, type DecisionId, makeId } from '../core/ids.ts'
import type { Decision, JudgedChange, Reason } from '../core/policy/decision.ts'
import type { Reader, Writer } from './database.ts'
import type { DecisionsTable } from './tables/policies.ts'

export interface StoredDecision {
  readonly id: DecisionId
  readonly changeId: ChangeId
  readonly moment: JudgedChange['moment']
  readonly decision: Decision
  readonly createdAt: string
}

export interface NewDecision extends Omit<StoredDecision, 'createdAt'> {
  /** When the change goes by itself; null: never without a person. Not asked of a trial. */
  readonly dueAt: string | null
}

/** Also what policy says of the change from now on, but for a trial, which writes nothing. */
export async function insertDecision(
  writer: Writer,
  { id, changeId, moment, decision, dueAt }: NewDecision,
): Promise<void> {
  await writer.write
    .insertInto('decisions')
    .values({
      id,
      change_id: changeId,
      moment,
      verdict: decision.verdict,
      risk: decision.risk,
      approvals: JSON.stringify(decision.approvals),
      policy_version: decision.policyVersion,
      created_at: writer.at,
    })
    .execute()
  const reasons = decision.reasons.map((reason, ordinal) => ({
    decision_id: id,
    ordinal,
    ...reason,
  }))
  if (reasons.length > 0)
    await writer.write.insertInto('decision_reasons').values(reasons).execute()
  if (moment === 'try') return
  await writer.write
    .updateTable('changes')
    .set({ verdict: decision.verdict, due_at: dueAt })
    .where('id', '=', changeId)
    .execute()
}

/** The next one of a change at this moment. */
export async function recordDecision(
  writer: Writer,
  given: Omit<NewDecision, 'id'>,
): Promise<void> {
  const { changeId, moment } = given
  const { count } = await writer.read
    .selectFrom('decisions')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('change_id', '=', changeId)
    .executeTakeFirstOrThrow()
  const id = makeId('dec', writer.hash, [changeId, moment, 'again', String(count)])
  await insertDecision(writer, { ...given, id })
}

/** Newest first. */
export async function listDecisions(reader: Reader, changeId: ChangeId): Promise<StoredDecision[]> {
  const rows = await reader.read
    .selectFrom('decisions')
    .selectAll()
    .where('change_id', '=', changeId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
  return Promise.all(rows.map((row) => complete(reader, row)))
}

export interface ReasonCount {
  readonly rule: string
  readonly mode: Reason['mode']
  readonly verdict: Reason['verdict']
  readonly decisions: number
}

/** How often each rule spoke in decisions since then, by rule. What an audited policy would have stopped is here. */
export async function countReasons(reader: Reader, since: string): Promise<ReasonCount[]> {
  const rows = await reader.read
    .selectFrom('decision_reasons')
    .innerJoin('decisions', 'decisions.id', 'decision_reasons.decision_id')
    .select(['decision_reasons.rule', 'decision_reasons.mode', 'decision_reasons.verdict'])
    .select(({ fn }) => fn.count('decisions.id').distinct().as('decisions'))
    .where('decisions.created_at', '>=', since)
    .groupBy(['decision_reasons.rule', 'decision_reasons.mode', 'decision_reasons.verdict'])
    .orderBy('decision_reasons.rule')
    .orderBy('decision_reasons.mode')
    .orderBy('decision_reasons.verdict')
    .execute()
  return rows.map((row) => ({ ...row, decisions: Number(row.decisions) }))
}

async function complete(reader: Reader, row: DecisionsTable): Promise<StoredDecision> {
  const reasons = await reader.read
    .selectFrom('decision_reasons')
    .select(['rule', 'path', 'value', 'limit', 'verdict', 'mode'])
    .where('decision_id', '=', row.id)
    .orderBy('ordinal')
    .execute()
  return {
    id: row.id,
    changeId: row.change_id,
    moment: row.moment,
    createdAt: row.created_at,
    decision: {
      verdict: row.verdict,
      risk: row.risk,
      reasons,
      approvals: JSON.parse(row.approvals),
      policyVersion: row.policy_version,
    },
  }
}
