import { DomainError } from '../core/errors.ts'
import type { Evidence } from '../core/evidence.ts'
import type { DreamId, FindingId } from '../core/ids.ts'
import type { Finding } from '../core/mining/finding.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { insertEvidence, listEvidence } from './evidence.ts'
import type { FindingsTable } from './tables/changes.ts'

export interface NewFinding {
  readonly id: FindingId
  readonly finding: Finding
}

export interface StoredFinding extends NewFinding {
  readonly dreamId: DreamId
  /** From 0, in the order in which the dream gave them. */
  readonly ordinal: number
}

export async function insertFindings(
  writer: Writer,
  dreamId: DreamId,
  findings: readonly NewFinding[],
): Promise<void> {
  const rows = findings.map(({ id, finding }, ordinal) => ({
    id,
    dream_id: dreamId,
    ordinal,
    key: finding.key,
    kind: finding.kind,
    task_type: finding.taskType,
    grade: finding.grade,
    title: finding.title,
    payload: JSON.stringify(payloadOf(finding)),
  }))
  for (const batch of inBatches(rows, rowsPerInsert)) {
    await writer.write.insertInto('findings').values(batch).execute()
  }
  const owners = findings.map(({ id, finding }) => ({ id, evidence: finding.evidence }))
  await insertEvidence(writer, 'finding', owners)
}

export interface FindingPage {
  readonly dreamId: DreamId
  readonly kind?: Finding['kind'] | undefined
  readonly taskType?: string | undefined
  readonly grade?: Finding['grade'] | undefined
  /** The ordinal of the last one of the page before. */
  readonly after?: number | undefined
  readonly limit: number
}

/** Some findings of a dream with their evidence, in its order. */
export async function listFindingPage(reader: Reader, page: FindingPage): Promise<StoredFinding[]> {
  const { kind, taskType, grade, after } = page
  let query = reader.read
    .selectFrom('findings')
    .selectAll()
    .where('dream_id', '=', page.dreamId)
    .orderBy('ordinal')
    .limit(page.limit)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (taskType !== undefined) query = query.where('task_type', '=', taskType)
  if (grade !== undefined) query = query.where('grade', '=', grade)
  if (after !== undefined) query = query.where('ordinal', '>', after)
  return withEvidence(reader, await query.execute())
}

/** Those of the ids that there are, in the order in which their dream gave them. */
export async function listFindingsById(
  reader: Reader,
  ids: readonly FindingId[],
): Promise<StoredFinding[]> {
  const rows = await reader.read
    .selectFrom('findings')
    .selectAll()
    .where('id', 'in', anyOf(ids))
    .orderBy('ordinal')
    .execute()
  return withEvidence(reader, rows)
}

/** All findings of a dream with their evidence, in its order. */
export async function listFindings(reader: Reader, dreamId: DreamId): Promise<StoredFinding[]> {
  const rows = await reader.read
    .selectFrom('findings')
    .selectAll()
    .where('dream_id', '=', dreamId)
    .orderBy('ordinal')
    .execute()
  return withEvidence(reader, rows)
}

async function withEvidence(
  reader: Reader,
  rows: readonly FindingsTable[],
): Promise<StoredFinding[]> {
  const evidence = await listEvidence(
    reader,
    rows.map((row) => row.id),
  )
  return rows.map((row) => toStored(row, evidence.get(row.id) ?? []))
}

async function findFinding(reader: Reader, id: FindingId): Promise<StoredFinding | null> {
  const row = await reader.read
    .selectFrom('findings')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return null
  return toStored(row, (await listEvidence(reader, [id])).get(id) ?? [])
}

export async function getFinding(reader: Reader, id: FindingId): Promise<StoredFinding> {
  const finding = await findFinding(reader, id)
  if (!finding) throw new DomainError('not_found', `There is no finding ${id}.`)
  return finding
}

type Payload = Pick<Finding, 'sessionsWith' | 'sessionsWithout' | 'effect' | 'support' | 'detail'>

const payloadOf = (finding: Finding): Payload => ({
  sessionsWith: finding.sessionsWith,
  sessionsWithout: finding.sessionsWithout,
  effect: finding.effect,
  support: finding.support,
  detail: finding.detail,
})

function toStored(row: FindingsTable, evidence: readonly Evidence[]): StoredFinding {
  const { sessionsWith, sessionsWithout, effect, support, detail }: Payload = JSON.parse(
    row.payload,
  )
  return {
    id: row.id,
    dreamId: row.dream_id,
    ordinal: row.ordinal,
    finding: {
      key: row.key,
      kind: detail.kind,
      title: row.title,
      taskType: row.task_type,
      grade: row.grade,
      sessionsWith,
      sessionsWithout,
      effect,
      support,
      detail,
      evidence,
    },
  }
}
