import { createHash } from 'node:crypto'
import { DomainError } from '../core/errors.ts'
import type { OutcomeSignal } from '../core/outcome/signal.ts'
import type { Session, SessionEvent } from '../core/session.ts'
import type { ImportItem, RawRecord } from '../importers/importer.ts'
import {
  appendEvents,
  appendRawRecords,
  beginTranscript,
  discardTranscript,
} from '../storage/transcripts.ts'
import type { Context } from './context.ts'
import { keepHeapSmall } from './heap.ts'
import { type Arrival, storeArrivals } from './session-arrival.ts'

/**
 * Takes the items of one file and stores whole sessions: a session becomes visible in one transaction with
 * its audit record, or not at all.
 *
 * Finished sessions wait until `flushBytes` of them are together. A session that is larger by itself is
 * appended to a staged transcript, which nobody can see, and becomes current at its end. A crash leaves at
 * most a staged transcript, which the next import discards.
 */
export interface SessionSink {
  take(item: SessionItem): Promise<void>
  /** Stores what waits. */
  flush(): Promise<void>
  /** Drops a session that began and never ended, because its file broke off. */
  abandon(): Promise<void>
}

type SessionItem = Extract<ImportItem, { type: 'session' | 'events' | 'session_end' }>

/** What became of the sessions that were stored. */
export interface SinkTally {
  add(counts: Partial<Record<SinkCount, number>>): void
}
export type SinkCount =
  | 'sessions'
  | 'events'
  | 'outcomeSignals'
  | 'added'
  | 'replaced'
  | 'unchanged'
  | 'shorter'
  | 'secretsMasked'

/** Raw text in memory before it is written: two such batches stay far under the 200 MB an import may take. */
const flushBytes = 2 * 1024 * 1024

export function openSessionSink(context: Context, importer: string, tally: SinkTally): SessionSink {
  const { database } = context
  let open: OpenSession | null = null
  let waiting: Arrival[] = []
  let waitingBytes = 0

  async function flush() {
    if (waiting.length === 0) return
    const arrivals = waiting
    waiting = []
    waitingBytes = 0
    tally.add(await storeArrivals(context, importer, arrivals))
    keepHeapSmall()
  }

  async function end(session: OpenSession, final: Session, outcomes: readonly OutcomeSignal[]) {
    if (session.transcriptId !== null) await spill(context, session)
    waiting.push({
      ...session,
      session: final,
      outcomes,
      transcriptHash: session.digest.digest('hex'),
    })
    waitingBytes += session.bytes
    tally.add({
      sessions: 1,
      events: session.eventCount,
      outcomeSignals: outcomes.length,
      secretsMasked: session.secrets,
    })
    if (waitingBytes > flushBytes || waiting.length >= 32) await flush()
  }

  return {
    async take(item) {
      if (item.type === 'session') {
        if (open) throw outOfOrder(`session ${item.session.key} began inside another`)
        open = beginSession(item.session)
        return
      }
      if (!open) throw outOfOrder(`${item.type} outside a session`)
      if (item.type === 'events') {
        addEvents(open, item)
        if (open.bytes > flushBytes) await spill(context, open)
        return
      }
      const ended = open
      open = null
      await end(ended, item.session, item.outcomes)
    },
    flush,
    async abandon() {
      const left = open?.transcriptId
      open = null
      if (typeof left === 'number') {
        await database.scratch((scratch) => discardTranscript(scratch, left))
      }
    },
  }
}

/** Moves what a large session holds to its staged transcript. */
async function spill({ database, owner }: Context, session: OpenSession): Promise<void> {
  const { events, records } = session
  session.events = []
  session.records = []
  session.bytes = 0
  session.transcriptId = await database.scratch(async (scratch) => {
    const id =
      session.transcriptId ??
      (await beginTranscript(scratch, { sessionId: session.session.id, owner }))
    await appendEvents(scratch, id, events)
    await appendRawRecords(scratch, id, records)
    return id
  })
  keepHeapSmall()
}

interface OpenSession {
  readonly session: Session
  readonly digest: ReturnType<typeof createHash>
  events: SessionEvent[]
  records: RawRecord[]
  bytes: number
  eventCount: number
  secrets: number
  transcriptId: number | null
}

function beginSession(session: Session): OpenSession {
  return {
    session,
    digest: createHash('sha256'),
    events: [],
    records: [],
    bytes: 0,
    eventCount: 0,
    secrets: 0,
    transcriptId: null,
  }
}

function addEvents(open: OpenSession, item: Extract<SessionItem, { type: 'events' }>) {
  for (const event of item.events) {
    open.digest.update(transcriptLine(event))
    open.events.push(event)
  }
  for (const record of item.records) {
    open.bytes += record.text.length
    open.records.push(record)
  }
  open.eventCount += item.events.length
  open.secrets += item.secrets
}

/** The transcript hash covers what an event says, not which raw record it came from. */
function transcriptLine({ id, processedAt, branch, body }: SessionEvent): string {
  return `${JSON.stringify([id, processedAt, branch, body])}\n`
}

const outOfOrder = (what: string) =>
  new DomainError(
    'conflict',
    `The importer broke its contract: ${what}. This is a bug; please report it.`,
  )
