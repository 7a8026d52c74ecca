import type {
  ChangeId,
  DreamId,
  FindingId,
  MemoryId,
  MemoryStoreId,
  MemoryVersionId,
  SessionId,
} from '../core/ids.ts'
import {
  closeLines,
  type IncidentSource,
  type LineClosure,
  type LineStep,
} from '../core/trust/incident.ts'
import { keysOf } from '../core/trust/line-taints.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Reader } from './database.ts'

/** Everything that stands on a source: what was mined of it, proposed for it, written because of it. */
export interface Lineage {
  readonly sessions: readonly SessionId[]
  readonly findings: readonly FindingId[]
  readonly changes: readonly ChangeId[]
  /** Dreams that read the sessions: their figures count them still. */
  readonly dreams: readonly DreamId[]
  /** Stores that hold or may hold what was written. */
  readonly stores: readonly MemoryStoreId[]
  readonly lines: LineClosure
}

/** Follows a source through evidence, findings, changes and lines, to whatever was made of them later. */
export async function readLineage(reader: Reader, source: IncidentSource): Promise<Lineage> {
  const sessions = await listSourceSessions(reader, source)
  const cited = await listCiting(reader, sessions)
  const findings = new Set([...cited.findings, ...(await listFindingsOfTool(reader, source))])
  const dreams = await listDreamsOver(reader, sessions)
  const own = await listOwnWriting(reader, sessions)
  const dreamsOfFindings = await listDreamsOfFindings(reader, [...findings])
  const stores = await listStoreFamily(reader, {
    dreams: [...new Set([...dreams, ...dreamsOfFindings.map(({ dreamId }) => dreamId)])],
    stores: own.stores,
  })
  const all = await listSteps(reader, stores)
  const keys = new Set(dreamsOfFindings.map(({ dreamId, key }) => `${dreamId}\0${key}`))
  const seeds = all.filter(
    (step) =>
      cited.changes.has(step.id as ChangeId) ||
      step.findingKeys.some((key) => keys.has(`${step.dreamId}\0${key}`)),
  )
  const lines = closeLines([...seeds, ...own.steps], all)
  return {
    sessions,
    findings: [...findings],
    changes: all.flatMap(({ id }) => (lines.steps.has(id) ? [id as ChangeId] : [])),
    dreams,
    stores,
    lines,
  }
}

async function listSourceSessions(reader: Reader, source: IncidentSource): Promise<SessionId[]> {
  const sessions = reader.read.selectFrom('sessions').select('id')
  switch (source.type) {
    case 'sessions': {
      const rows = await sessions.where('id', 'in', anyOf(source.ids)).orderBy('id').execute()
      return rows.map(({ id }) => id)
    }
    case 'principal': {
      const rows = await sessions.where('principal', '=', source.name).orderBy('id').execute()
      return rows.map(({ id }) => id)
    }
    case 'file': {
      const rows = await reader.read
        .selectFrom('session_resources')
        .select('session_id')
        .distinct()
        .where('file_id', '=', source.id)
        .orderBy('session_id')
        .execute()
      return rows.map(({ session_id }) => session_id)
    }
    case 'tool':
      return []
  }
}

/** Ids in one query; a longer list is asked for in parts. */
const idsPerQuery = 5_000

async function listCiting(reader: Reader, sessions: readonly SessionId[]) {
  const findings = new Set<FindingId>()
  const changes = new Set<ChangeId>()
  for (const ids of inBatches(sessions, idsPerQuery)) {
    const rows = await reader.read
      .selectFrom('evidence')
      .select(['owner_type', 'owner_id'])
      .distinct()
      .where('session_id', 'in', anyOf(ids))
      .execute()
    for (const row of rows) {
      if (row.owner_type === 'finding') findings.add(row.owner_id as FindingId)
      else changes.add(row.owner_id as ChangeId)
    }
  }
  return { findings, changes }
}

/** Findings that name the tool, in whatever part of what they found. */
async function listFindingsOfTool(reader: Reader, source: IncidentSource): Promise<FindingId[]> {
  if (source.type !== 'tool') return []
  const rows = await reader.read.selectFrom('findings').select(['id', 'payload']).execute()
  const named = JSON.stringify(source.name)
  return rows.flatMap(({ id, payload }) => {
    const { detail } = JSON.parse(payload) as { detail: unknown }
    return JSON.stringify(detail).includes(named) ? [id] : []
  })
}

async function listDreamsOver(reader: Reader, sessions: readonly SessionId[]): Promise<DreamId[]> {
  const dreams = new Set<DreamId>()
  for (const ids of inBatches(sessions, idsPerQuery)) {
    const rows = await reader.read
      .selectFrom('dream_sessions')
      .select('dream_id')
      .distinct()
      .where('session_id', 'in', anyOf(ids))
      .execute()
    for (const row of rows) dreams.add(row.dream_id)
  }
  return [...dreams].toSorted()
}

async function listDreamsOfFindings(reader: Reader, ids: readonly FindingId[]) {
  const found: { readonly dreamId: DreamId; readonly key: string }[] = []
  for (const batch of inBatches(ids, idsPerQuery)) {
    const rows = await reader.read
      .selectFrom('findings')
      .select(['dream_id as dreamId', 'key'])
      .where('id', 'in', anyOf(batch))
      .execute()
    found.push(...rows)
  }
  return found
}

/** Lines that the sessions wrote into memories themselves. */
async function listOwnWriting(reader: Reader, sessions: readonly SessionId[]) {
  const steps: LineStep[] = []
  const stores = new Set<MemoryStoreId>()
  for (const ids of inBatches(sessions, idsPerQuery)) {
    const rows = await reader.read
      .selectFrom('memory_versions as version')
      .leftJoin('memory_versions as before', (join) =>
        join
          .onRef('before.memory_id', '=', 'version.memory_id')
          .on((on) => on('before.ordinal', '=', on('version.ordinal', '-', 1))),
      )
      .select([
        'version.id',
        'version.store_id',
        'version.path',
        'version.content',
        'before.content as former',
      ])
      .where('version.session_id', 'in', anyOf(ids))
      .where('version.dream_id', 'is', null)
      .execute()
    for (const { id, store_id, path, content, former } of rows) {
      stores.add(store_id)
      const known = new Set(keysOf(former ?? ''))
      const writes = keysOf(content ?? '').filter((key) => !known.has(key))
      if (path !== null) steps.push({ id, path, reads: [], writes, restores: null })
    }
  }
  return { steps, stores: [...stores] }
}

/** The stores of the dreams, and those that were dreamt out of them later. */
async function listStoreFamily(
  reader: Reader,
  from: { readonly dreams: readonly DreamId[]; readonly stores: readonly MemoryStoreId[] },
): Promise<MemoryStoreId[]> {
  const first = await reader.read
    .selectFrom('dreams')
    .select(['input_store_id', 'output_store_id'])
    .where('id', 'in', anyOf(from.dreams))
    .execute()
  const family = new Set<MemoryStoreId>(from.stores)
  for (const row of first) {
    family.add(row.input_store_id)
    if (row.output_store_id !== null) family.add(row.output_store_id)
  }
  for (let fresh = [...family]; fresh.length > 0; ) {
    const rows = await reader.read
      .selectFrom('dreams')
      .select('output_store_id')
      .distinct()
      .where('input_store_id', 'in', anyOf(fresh))
      .execute()
    fresh = rows.flatMap(({ output_store_id: id }) => (id !== null && !family.has(id) ? [id] : []))
    for (const id of fresh) family.add(id)
  }
  return [...family].toSorted()
}

interface ChangeStep extends LineStep {
  readonly dreamId: DreamId
  readonly findingKeys: readonly string[]
}

interface Payload {
  readonly edits: readonly { readonly before: string; readonly after: string }[]
  readonly before: string | null
  readonly after: string | null
  readonly findingKeys: readonly string[]
}

/** Every change of every dream over the stores. */
async function listSteps(reader: Reader, stores: readonly MemoryStoreId[]): Promise<ChangeStep[]> {
  const rows = await reader.read
    .selectFrom('changes')
    .innerJoin('dreams', 'dreams.id', 'changes.dream_id')
    .select([
      'changes.id',
      'changes.dream_id',
      'changes.path',
      'changes.operation',
      'changes.payload',
    ])
    .where('dreams.input_store_id', 'in', anyOf(stores))
    .execute()
  return rows.map(({ id, dream_id, path, operation, payload }) => {
    const { edits, before, after, findingKeys }: Payload = JSON.parse(payload)
    const inserted = edits.map((edit) => edit.after).join('\n')
    // A correction inserts a value into a line: what it leaves is the line.
    const leaves = before !== null && inserted.trim() !== '' ? `${after ?? ''}` : inserted
    return {
      id,
      dreamId: dream_id,
      path,
      findingKeys,
      reads: keysOf([before ?? '', ...edits.map((edit) => edit.before)].join('\n')),
      writes: keysOf(leaves),
      restores: operation === 'supersede' || operation === 'edit' ? before : null,
    }
  })
}

export interface AffectedMemory {
  readonly id: MemoryId
  readonly storeId: MemoryStoreId
  readonly versionId: MemoryVersionId
  readonly path: string
  readonly content: string
  readonly contentSha256: string
}

/** Live memories of the stores at the paths where lines have to go. */
export async function listAffectedMemories(
  reader: Reader,
  { stores, lines }: Pick<Lineage, 'stores' | 'lines'>,
): Promise<AffectedMemory[]> {
  const found: AffectedMemory[] = []
  for (const paths of inBatches([...lines.cuts.keys()], idsPerQuery)) {
    const rows = await reader.read
      .selectFrom('memories')
      .innerJoin('memory_versions', 'memory_versions.id', 'memories.version_id')
      .select([
        'memories.id',
        'memories.store_id as storeId',
        'memories.version_id as versionId',
        'memories.path',
        'memories.content_sha256 as contentSha256',
        'memory_versions.content',
      ])
      .where('memories.store_id', 'in', anyOf(stores))
      .where('memories.path', 'in', anyOf(paths))
      .where('memories.deleted_at', 'is', null)
      .execute()
    found.push(
      ...rows.flatMap(({ content, ...row }) => (content === null ? [] : [{ ...row, content }])),
    )
  }
  return found.toSorted((a, b) => (`${a.storeId}${a.path}` < `${b.storeId}${b.path}` ? -1 : 1))
}

/** Former versions that hold lines which have to go; the heads are written anew. */
export async function listAffectedVersions(
  reader: Reader,
  { stores, lines }: Pick<Lineage, 'stores' | 'lines'>,
): Promise<MemoryVersionId[]> {
  const ids: MemoryVersionId[] = []
  for (const paths of inBatches([...lines.cuts.keys()], 200)) {
    const rows = await reader.read
      .selectFrom('memory_versions')
      .select(['id', 'path', 'content'])
      .where('store_id', 'in', anyOf(stores))
      .where('path', 'in', anyOf(paths))
      .where('content', 'is not', null)
      .execute()
    for (const { id, path, content } of rows) {
      const cuts = lines.cuts.get(path ?? '')
      if (cuts && keysOf(content ?? '').some((key) => cuts.has(key))) ids.push(id)
    }
  }
  return ids.toSorted()
}
