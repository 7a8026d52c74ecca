import { createHash } from 'node:crypto'
import type { Actor, NewSalt } from '../core/audit/record.ts'
import {
  type EventId,
  type JobId,
  type MemoryStoreId,
  makeId,
  type SessionId,
} from '../core/ids.ts'
import type { OutcomeSignal } from '../core/outcome/signal.ts'
import type { EventBody, Session, SessionEvent } from '../core/session.ts'
import type { Database, Writer } from './database.ts'
import { insertMemory } from './memories.ts'
import { insertMemoryStore } from './memory-stores.ts'
import { insertSession } from './sessions.ts'
import {
  appendEvents,
  appendRawRecords,
  beginTranscript,
  completeTranscript,
} from './transcripts.ts'

export const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The first salt of a database is always the same one, and so is every one after it. */
export function makeSalts(): NewSalt {
  let count = 0
  return () => hash(`salt ${count++}`).slice(0, 32)
}

export const importer: Actor = { type: 'importer', id: 'test@1' }

export const start = Date.parse('2026-11-24T04:00:00.000Z')

export const sessionId = (key: string): SessionId => makeId('sesn', hash, [key])
export const eventId = (key: string, seq: number): EventId =>
  makeId('sevt', hash, [key, String(seq)])
export const jobId = (name: string): JobId => makeId('job', hash, [name])

export function makeSession(key: string, given: Partial<Session> = {}): Session {
  return {
    id: sessionId(key),
    key,
    format: 'test',
    agent: { name: 'clerk', version: '1', model: null },
    task: { type: 'airline', id: null },
    title: null,
    startedAt: '2026-11-01T00:00:00.000Z',
    endedAt: null,
    status: 'idle',
    principal: null,
    labels: {},
    ...given,
  }
}

export function makeEvent(key: string, seq: number, body?: EventBody): SessionEvent {
  return {
    id: eventId(key, seq),
    seq,
    processedAt: null,
    branch: 'live',
    record: seq,
    body: body ?? { type: 'agent.message', content: [{ type: 'text', text: `line ${seq}` }] },
  }
}

export const makeEvents = (key: string, count: number): SessionEvent[] =>
  Array.from({ length: count }, (_, seq) => makeEvent(key, seq))

export function makeSignal(key: string, given: Partial<OutcomeSignal> = {}): OutcomeSignal {
  return {
    id: makeId('osig', hash, [key, given.kind ?? 'task_reward']),
    sessionId: sessionId(key),
    kind: 'task_reward',
    value: 1,
    success: true,
    components: {},
    decidedAt: null,
    source: 'test',
    ...given,
  }
}

export interface StoreOptions {
  readonly session?: Partial<Session>
  readonly events?: readonly SessionEvent[]
  readonly records?: readonly string[]
}

/** As an import does: the transcript while nobody sees it, then everything visible in one write. */
export async function storeSession(
  database: Database,
  key: string,
  options: StoreOptions = {},
): Promise<SessionId> {
  const session = makeSession(key, options.session)
  const events = options.events ?? makeEvents(key, 3)
  const transcriptId = await database.scratch(async (scratch) => {
    const id = await beginTranscript(scratch, { sessionId: session.id, owner: 'test' })
    await appendEvents(scratch, id, events)
    const records = (options.records ?? []).map((text, ordinal) => ({ ordinal, text }))
    await appendRawRecords(scratch, id, records)
    return id
  })
  await database.write(importer, async (writer) => {
    await completeTranscript(writer, {
      transcriptId,
      sessionId: session.id,
      transcriptHash: hash(JSON.stringify(events)),
      eventCount: events.length,
    })
    await insertSession(writer, session, transcriptId)
    await writer.audit({
      action: 'session.imported',
      objectType: 'session',
      objectId: session.id,
    })
  })
  return session.id
}

/** One changed row, without its audit record. */
export async function changeSomething(writer: Writer, name: string): Promise<void> {
  await insertMemoryStore(writer, {
    id: makeId('memstore', hash, [name]),
    name,
    description: '',
    metadata: {},
  })
}

export const note = (writer: Writer, name: string) =>
  writer.audit({ action: 'memory_store.created', objectType: 'memory_store', objectId: name })

export function write<T>(database: Database, work: (writer: Writer) => Promise<T>): Promise<T> {
  return database.write(importer, async (writer) => {
    const result = await work(writer)
    await note(writer, 'test')
    return result
  })
}

export const memoryStoreId = (name: string): MemoryStoreId => makeId('memstore', hash, [name])

export const addMemoryStore = (
  database: Database,
  name: string,
  given: { readonly metadata?: Readonly<Record<string, string>> } = {},
) =>
  write(database, (writer) =>
    insertMemoryStore(writer, {
      id: memoryStoreId(name),
      name,
      description: 'notes',
      metadata: given.metadata ?? {},
    }),
  )

/** Into the store `one`. */
export const addMemory = (database: Database, path: string, content: string) =>
  write(database, (writer) =>
    insertMemory(writer, { storeId: memoryStoreId('one'), path, content }),
  )
/** A memory whose version is never stored: a foreign key that is checked late. */
export async function breakDeferredRule(writer: Writer): Promise<void> {
  await changeSomething(writer, 'broken')
  const memory = {
    id: makeId('mem', hash, ['broken']),
    store_id: makeId('memstore', hash, ['broken']),
    path: 'a',
    version_id: makeId('memver', hash, ['missing']),
    content_sha256: '',
    content_size_bytes: 0,
    created_at: '',
    updated_at: '',
    deleted_at: null,
  }
  await writer.write.insertInto('memories').values(memory).execute()
  await note(writer, 'broken')
}
