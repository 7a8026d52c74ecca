import { type EventId, type Hash, makeId, type SessionId } from '../core/ids.ts'
import type { Json, SessionEvent } from '../core/session.ts'
import type { ImportItem, MaskedRecords, RawRecord } from './importer.ts'

export interface DraftOptions {
  /** The session's stable key: ids follow from it. */
  readonly key: string
  readonly hash: Hash
}

export interface NewEvent extends Pick<SessionEvent, 'record' | 'processedAt' | 'body'> {
  readonly branch?: SessionEvent['branch']
  /** Tells this event from all others of the session, in every upload of it. */
  readonly name: string
}

export function makeSessionId({ key, hash }: DraftOptions): SessionId {
  return makeId('sesn', hash, [key])
}

function makeEventId({ key, hash }: DraftOptions, name: string): EventId {
  return makeId('sevt', hash, [key, name])
}

/** Numbers and names the events of one session. */
export class EventList {
  readonly #options: DraftOptions
  #events: SessionEvent[] = []
  #seq = 0

  constructor(options: DraftOptions) {
    this.#options = options
  }

  add({ name, branch = 'live', ...event }: NewEvent): EventId {
    const id = makeEventId(this.#options, name)
    this.#events.push({ id, seq: this.#seq, branch, ...event })
    this.#seq += 1
    return id
  }

  take(): SessionEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }
}

export function toEventsItem(
  sessionId: SessionId,
  events: readonly SessionEvent[],
  masked: MaskedRecords & { readonly firstOrdinal?: number },
): ImportItem {
  const first = masked.firstOrdinal ?? 0
  const records: RawRecord[] = masked.records.map((record: Json, index) => ({
    ordinal: first + index,
    text: JSON.stringify(record),
  }))
  const secrets = masked.secrets.reduce((sum, count) => sum + count, 0)
  return { type: 'events', sessionId, events, records, secrets }
}
