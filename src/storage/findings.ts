import { DomainError } from '../core/errors.ts'
import type { Evidence } from '../core/evidence.ts'
import type { DreamId, FindingId } from '../core/ids.ts'
import type { Finding } from '../core/mining/finding.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { insertEvidence, listEvidence } from './evidence.ts'
import type { FindingsTable } from './tables.ts'

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

/** All findings of a dream with their evidence, in its order. */
export async function listFindings(reader: Reader, dreamId: DreamId): Promise<StoredFinding[]> {
  const rows = await reader.read
    .selectFrom('findings')
    .selectAll()
    .where('dream_id', '=', dreamId)
    .orderBy('ordinal')
    .execute()
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
