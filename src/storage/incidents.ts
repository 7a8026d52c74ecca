import type { IncidentId, MemoryVersionId } from '../core/ids.ts'
import { cutLines, type IncidentSource } from '../core/trust/incident.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { voidExperiments } from './end-experiment.ts'
import { listExperimentsOf } from './experiments.ts'
import { insertIncident, listIncidentRows } from './incident-rows.ts'
import { type Lineage, listAffectedMemories, listAffectedVersions, readLineage } from './lineage.ts'
import { deleteMemory, updateMemory } from './memories.ts'
import { purgeLineage } from './purge.ts'
import type { Outbox } from './webhook-deliveries.ts'

/** revocation: everything that stands on the source is retired by new versions. erasure: it is purged as well. */
export type IncidentKind = 'revocation' | 'erasure'

export interface IncidentReport {
  readonly sessions: number
  readonly findings: number
  readonly changes: number
  /** Dreams whose figures still count the sessions; dream again to be rid of that. */
  readonly dreams: readonly string[]
  readonly memories: readonly {
    readonly storeId: string
    readonly path: string
    readonly lines: number
    readonly how: 'rewritten' | 'deleted'
  }[]
  /** Former memory versions that were redacted; 0 in a revocation. */
  readonly redactedVersions: number
  /** Experiments that were voided. */
  readonly experiments: readonly string[]
}

export interface Incident {
  readonly id: IncidentId
  readonly kind: IncidentKind
  readonly source: IncidentSource
  readonly reason: string
  readonly report: IncidentReport
  readonly actor: { readonly type: string; readonly id: string }
  readonly createdAt: string
}

/** What would be done, without doing it. */
export async function planIncident(
  reader: Reader,
  { kind, source }: Pick<Incident, 'kind' | 'source'>,
): Promise<IncidentReport> {
  const lineage = await readLineage(reader, source)
  const memories = await listAffectedMemories(reader, lineage)
  const versions = kind === 'erasure' ? await listAffectedVersions(reader, lineage) : []
  return {
    ...describe(lineage),
    experiments: (await listExperimentsOf(reader, lineage.changes)).map(({ id }) => id),
    memories: planCuts(lineage, memories).map(present),
    redactedVersions: versions.length,
  }
}

/** Does it in one write. The caller writes no audit record: this does. */
export async function carryOutIncident(
  writer: Writer,
  given: Pick<Incident, 'id' | 'kind' | 'source' | 'reason'> & { readonly outbox: Outbox },
): Promise<Incident> {
  const { id, kind, source, reason, outbox } = given
  const lineage = await readLineage(writer, source)
  const cuts = planCuts(lineage, await listAffectedMemories(writer, lineage))
  for (const cut of cuts) {
    const { memory, content } = cut
    const where = { id: memory.id, expectedSha256: memory.contentSha256 }
    if (content.trim() === '') await deleteMemory(writer, where)
    else await updateMemory(writer, { ...where, content })
  }
  // Before their changes are withdrawn: it says why by itself.
  const experiments = await voidExperiments(writer, lineage, outbox)
  await withdrawChanges(writer, lineage)
  await hideSessions(writer, lineage)
  let redacted: MemoryVersionId[] = []
  if (kind === 'erasure') {
    redacted = await listAffectedVersions(writer, lineage)
    await purgeLineage(writer, lineage, redacted)
  }
  const report: IncidentReport = {
    ...describe(lineage),
    memories: cuts.map(present),
    redactedVersions: redacted.length,
    experiments,
  }
  const kept = kind === 'erasure' ? withoutSubject(source, writer.hash) : source
  await insertIncident(writer, { id, kind, source: kept, reason, report })
  const { actor, at } = writer
  return { id, kind, reason, source: kept, report, actor, createdAt: at }
}

/** Who was erased stands nowhere afterwards, not even in the record of it. */
const withoutSubject = (source: IncidentSource, hash: (text: string) => string): IncidentSource =>
  source.type === 'principal'
    ? { type: 'principal', name: `erased:${hash(source.name).slice(0, 12)}` }
    : source

const describe = ({ sessions, findings, changes, dreams }: Lineage) => ({
  sessions: sessions.length,
  findings: findings.length,
  changes: changes.length,
  dreams,
})

function planCuts({ lines }: Lineage, memories: Awaited<ReturnType<typeof listAffectedMemories>>) {
  return memories.flatMap((memory) => {
    const cut = cutLines(memory.content, lines.cuts.get(memory.path) ?? new Map())
    return cut.lines === 0 ? [] : [{ memory, ...cut }]
  })
}

const present = ({ memory, content, lines }: ReturnType<typeof planCuts>[number]) => ({
  storeId: memory.storeId,
  path: memory.path,
  lines,
  how: content.trim() === '' ? ('deleted' as const) : ('rewritten' as const),
})

const idsPerQuery = 5_000

async function withdrawChanges(writer: Writer, { changes }: Lineage): Promise<void> {
  for (const ids of inBatches(changes, idsPerQuery)) {
    for (const [from, to] of [
      ['applied', 'rolled_back'],
      ['proposed', 'rejected'],
      ['accepted', 'rejected'],
    ] as const) {
      await writer.write
        .updateTable('changes')
        .set({ status: to })
        .where('id', 'in', anyOf(ids))
        .where('status', '=', from)
        .execute()
    }
  }
}

/** A tombstone: nothing dreams over them again. */
async function hideSessions(writer: Writer, { sessions }: Lineage): Promise<void> {
  for (const ids of inBatches(sessions, idsPerQuery)) {
    await writer.write
      .updateTable('sessions')
      .set({ deleted_at: writer.at, updated_at: writer.at })
      .where('id', 'in', anyOf(ids))
      .where('deleted_at', 'is', null)
      .execute()
  }
}

export async function listIncidents(
  reader: Reader,
  { kind, limit }: { readonly kind: IncidentKind; readonly limit: number },
): Promise<Incident[]> {
  const rows = await listIncidentRows(reader, kind, limit)
  return rows.map((row) => ({
    id: row.id,
    kind,
    source: JSON.parse(row.source),
    reason: row.reason,
    report: JSON.parse(row.report),
    actor: { type: row.actor_type, id: row.actor_id },
    createdAt: row.created_at,
  }))
}
