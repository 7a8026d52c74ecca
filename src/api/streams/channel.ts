import type { SessionId } from '../../core/ids.ts'
import type { Database } from '../../storage/database.ts'
import { listEvents } from '../../storage/session-events.ts'
import { findSession, type StoredSession } from '../../storage/sessions.ts'
import { presentEvent } from '../v1/event-wire.ts'
import { encodeFrame } from './frame.ts'
import type { Subscriber } from './subscriber.ts'

/** Newest frames kept for all readers of a session; whoever is further behind reads the database. */
const keptFrames = 1_024
const keptBytes = 1024 * 1024
const eventsPerRead = 256

export interface ChannelOptions {
  readonly database: Database
  readonly session: StoredSession
  /** Events that a reader may be behind before its connection is given up. */
  readonly maxBehind: number
}

/** One watched session: its events are read and encoded once for all who watch it. */
export class Channel {
  readonly subscribers = new Set<Subscriber>()
  readonly #options: ChannelOptions
  /** Frames of the events from `#end - #frames.length` to `#end - 1`. */
  #frames: Uint8Array[] = []
  #bytes = 0
  #end: number
  #deletedAt: string | null = null
  #reading: Promise<void> | null = null
  #again = false

  constructor(options: ChannelOptions) {
    this.#options = options
    this.#end = options.session.eventCount
  }

  get id(): SessionId {
    return this.#options.session.session.id
  }

  /** The seq after the newest event that was read. */
  get end(): number {
    return this.#end
  }

  get deletedAt(): string | null {
    return this.#deletedAt
  }

  /** Reads what is new and wakes the readers. Calls during a reading make one more. */
  refresh(): Promise<void> {
    this.#again = true
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  async #readAll(): Promise<void> {
    while (this.#again) {
      this.#again = false
      await this.#readNew()
      this.#deletedAt ??= await this.#findDeletion()
      this.#wake()
    }
  }

  async #readNew(): Promise<void> {
    for (;;) {
      const frames = await this.readFrames(this.#end)
      if (frames.length === 0) return
      this.#frames.push(...frames)
      this.#bytes += frames.reduce((sum, frame) => sum + frame.byteLength, 0)
      this.#end += frames.length
      this.#forget()
      this.#wake()
    }
  }

  #forget(): void {
    let count = 0
    while (this.#frames.length - count > keptFrames || this.#bytes > keptBytes) {
      const oldest = this.#frames[count]
      if (!oldest) break
      this.#bytes -= oldest.byteLength
      count += 1
    }
    if (count > 0) this.#frames = this.#frames.slice(count)
  }

  #wake(): void {
    for (const subscriber of this.subscribers) {
      if (this.#end - subscriber.next > this.#options.maxBehind) subscriber.giveUp()
      else subscriber.wake()
    }
  }

  async #findDeletion(): Promise<string | null> {
    const now = await this.#options.database.read((reader) => findSession(reader, this.id))
    return now?.deletedAt ?? null
  }

  /** At most `max` frames from `seq` on; read from the database where they are not kept any more. */
  async takeFrames(seq: number, max: number): Promise<readonly Uint8Array[]> {
    const first = this.#end - this.#frames.length
    if (seq < first) return (await this.readFrames(seq)).slice(0, max)
    return this.#frames.slice(seq - first, seq - first + max)
  }

  async readFrames(seq: number): Promise<Uint8Array[]> {
    const { database, session } = this.#options
    const page = await database.read((reader) =>
      listEvents(reader, { sessionId: this.id, afterSeq: seq - 1, limit: eventsPerRead }),
    )
    return page.events.map((event) => {
      const shown = presentEvent(event, session)
      return encodeFrame(shown.type, shown)
    })
  }
}
