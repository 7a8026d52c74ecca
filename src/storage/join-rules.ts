import { DomainError } from '../core/errors.ts'
import type { JoinRule } from '../core/outcome/join-rule.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'

export interface StoredRule {
  readonly rule: JoinRule
  readonly createdAt: string
}

/** More would make every session's keys slow to cut. */
const mostRules = 100

/** By name. */
export async function listJoinRules(reader: Reader): Promise<StoredRule[]> {
  const rows = await reader.read
    .selectFrom('join_rules')
    .select(['rule', 'created_at'])
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('name')
    .execute()
  return rows.map(({ rule, created_at }) => ({ rule: JSON.parse(rule), createdAt: created_at }))
}

/** A rule of the same name takes its place. Everything is joined anew in the background. */
export async function putJoinRule(writer: Writer, rule: JoinRule): Promise<StoredRule> {
  const known = await listJoinRules(writer)
  const others = known.filter((one) => one.rule.name !== rule.name)
  if (others.length >= mostRules) {
    throw new DomainError(
      'limit_exceeded',
      `name: there are ${others.length} join rules, at most ${mostRules}; delete one first.`,
    )
  }
  const row = { name: rule.name, rule: JSON.stringify(rule), created_at: writer.at }
  await writer.write
    .insertInto('join_rules')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'name'])
        .doUpdateSet({ rule: row.rule, created_at: row.created_at }),
    )
    .execute()
  await writer.audit({
    action: others.length === known.length ? 'join_rule.created' : 'join_rule.updated',
    objectType: 'join_rule',
    objectId: rule.name,
    afterHash: writer.hash(row.rule),
  })
  await askToRejoin(writer)
  return { rule, createdAt: writer.at }
}

export async function deleteJoinRule(writer: Writer, name: string): Promise<void> {
  const { numDeletedRows } = await writer.write
    .deleteFrom('join_rules')
    .where('workspace_id', '=', defaultWorkspace)
    .where('name', '=', name)
    .executeTakeFirst()
  if (numDeletedRows === 0n) {
    throw new DomainError('not_found', `There is no join rule ${name}.`)
  }
  await writer.audit({ action: 'join_rule.deleted', objectType: 'join_rule', objectId: name })
  await askToRejoin(writer)
}

/** Under which revision of the rules keys are cut, and which session was the last; null: all are. */
export interface RejoinMark {
  readonly revision: number
  readonly through: string | null
}

export async function readRejoinMark(reader: Reader): Promise<RejoinMark> {
  const row = await reader.read
    .selectFrom('rejoin_marks')
    .select(['revision', 'through'])
    .where('workspace_id', '=', defaultWorkspace)
    .executeTakeFirst()
  return row ?? { revision: 0, through: null }
}

/** The keys of every session are cut anew and its signals joined anew, a few at a time. */
export async function askToRejoin(writer: Writer): Promise<RejoinMark> {
  const { revision } = await readRejoinMark(writer)
  const mark = { revision: revision + 1, through: '' }
  await writer.write
    .insertInto('rejoin_marks')
    .values(mark)
    .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet(mark))
    .execute()
  return mark
}
