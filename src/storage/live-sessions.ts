import { DomainError } from '../core/errors.ts'
import { type AgentId, type EnvironmentId, makeId, type SessionId } from '../core/ids.ts'
import type { Json, JsonObject, Session } from '../core/session.ts'
import type { Writer } from './database.ts'
import { describingColumns, getSession, type StoredSession, toStored } from './sessions.ts'
import { noTally } from './tally.ts'

export interface NewLiveSession {
  readonly session: Session
  readonly agent: {
    readonly id: AgentId
    readonly version: number
    readonly snapshot: JsonObject | null
  }
  readonly environmentId: EnvironmentId
  readonly metadata?: Readonly<Record<string, string>>
  readonly vaultIds?: readonly string[]
  readonly budget?: JsonObject | null
}

/** The owner that tells a live transcript from one that was imported. */
const liveOwner = 'live'

/**
 * A session whose transcript is empty and current from the start, and grows by `appendSessionEvents`. The
 * caller writes the audit record.
 */
export async function insertLiveSession(
  writer: Writer,
  given: NewLiveSession,
): Promise<StoredSession> {
  const { session, agent, environmentId, metadata = {}, vaultIds = [], budget = null } = given
  const hash = writer.hash(`live ${session.id}`)
  const transcript = await writer.write
    .insertInto('transcripts')
    .values({
      session_id: session.id,
      state: 'current',
      hash,
      event_count: 0,
      raw_bytes: 0,
      owner: liveOwner,
      created_at: writer.at,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const row = await writer.write
    .insertInto('sessions')
    .values({
      id: session.id,
      ...describingColumns(session),
      transcript_id: transcript.id,
      transcript_hash: hash,
      event_count: 0,
      created_at: writer.at,
      updated_at: writer.at,
      live: 1,
      agent_id: agent.id,
      agent_number: agent.version,
      agent_snapshot: agent.snapshot && JSON.stringify(agent.snapshot),
      environment_id: environmentId,
      metadata: JSON.stringify(metadata),
      vault_ids: JSON.stringify(vaultIds),
      budget: budget && JSON.stringify(budget),
      tally: JSON.stringify(noTally),
      archived_at: null,
      deleted_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toStored(row)
}

/** The id of a session that a caller names by a key of its own; imports use other keys. */
export const nameIngestedSession = (hash: Writer['hash'], key: string): SessionId =>
  makeId('sesn', hash, ['ingest', key])

/** Fields left out stay as they are. */
export interface SessionPatch {
  readonly title?: string | null
  readonly metadata?: Readonly<Record<string, string>>
  readonly budget?: Json
  readonly agentSnapshot?: JsonObject
}

export async function patchSession(
  writer: Writer,
  id: SessionId,
  patch: SessionPatch,
): Promise<StoredSession> {
  const { title, metadata, budget, agentSnapshot } = patch
  await writer.write
    .updateTable('sessions')
    .set({
      updated_at: writer.at,
      ...(title === undefined ? {} : { title }),
      ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
      ...(budget === undefined ? {} : { budget: budget === null ? null : JSON.stringify(budget) }),
      ...(agentSnapshot === undefined ? {} : { agent_snapshot: JSON.stringify(agentSnapshot) }),
    })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .execute()
  return getSession(writer, id)
}

/** Terminates a session for good and keeps its events; a second time changes nothing. */
export async function archiveSession(writer: Writer, id: SessionId): Promise<StoredSession> {
  await refuseRunning(writer, id, 'archived')
  await writer.write
    .updateTable('sessions')
    .set({ archived_at: writer.at, updated_at: writer.at, status: 'terminated' })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .execute()
  return getSession(writer, id)
}

/** A tombstone: its rows stay for the evidence that cites them, and nobody sees it any more. */
export async function deleteSession(writer: Writer, id: SessionId): Promise<void> {
  await refuseRunning(writer, id, 'deleted')
  await writer.write
    .updateTable('sessions')
    .set({ deleted_at: writer.at, updated_at: writer.at })
    .where('id', '=', id)
    .execute()
}

export async function refuseRunning(
  writer: Writer,
  id: SessionId,
  verb: 'archived' | 'deleted',
): Promise<void> {
  const { session } = await getSession(writer, id)
  if (session.status !== 'running' && session.status !== 'rescheduling') return
  throw new DomainError(
    'invalid_argument',
    `Session ${id} is ${session.status} and cannot be ${verb}; interrupt it and wait until it is idle.`,
  )
}
