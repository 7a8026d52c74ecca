import { type Hash, makeId, type SessionId } from '../core/ids.ts'
import { inBatches } from '../storage/batches.ts'
import type { Database } from '../storage/database.ts'
import type { SessionWakes } from '../storage/session-wakes.ts'
import { getSession, listSessionStates } from '../storage/sessions.ts'
import { Channel } from './streams/channel.ts'
import { encodeFrame } from './streams/frame.ts'
import { Subscriber } from './streams/subscriber.ts'

export interface FeedOptions {
  readonly database: Database
  readonly wakes: SessionWakes
  readonly hash: Hash
  readonly pollMs?: number
  readonly pingMs?: number
  readonly maxBehind?: number
}

const standard = { pollMs: 250, pingMs: 15_000, maxBehind: 10_000 }
const idsPerQuery = 1_000

/**
 * Every open stream of this process. Events that this process appends arrive at once; those that another
 * process appends are found by one query a poll over all watched sessions, however many readers they have.
 */
export class Feed {
  readonly #options: FeedOptions & typeof standard
  readonly #channels = new Map<SessionId, Channel>()
  readonly #stopListening: () => void
  #timer: NodeJS.Timeout | null = null
  #polling = false
  #sincePing = 0

  constructor(options: FeedOptions) {
    this.#options = { ...standard, ...options }
    this.#stopListening = options.wakes.listen((id) => {
      void this.#channels.get(id)?.refresh().catch(ignore)
    })
  }

  /** How many connections are open. */
  get size(): number {
    let size = 0
    for (const { subscribers } of this.#channels.values()) size += subscribers.size
    return size
  }

  /** The events of a session from now on, as server-sent events. */
  async open(id: SessionId): Promise<ReadableStream<Uint8Array>> {
    const { database, maxBehind, hash } = this.#options
    const session = await database.read((reader) => getSession(reader, id))
    let channel = this.#channels.get(id)
    if (channel) await channel.refresh()
    else channel = this.#channels.get(id) ?? new Channel({ database, session, maxBehind })
    this.#channels.set(id, channel)
    const watched = channel
    const subscriber = new Subscriber(watched, {
      lastFrame: (deletedAt) =>
        encodeFrame('session.deleted', {
          id: makeId('sevt', hash, [id, 'deleted']),
          type: 'session.deleted',
          processed_at: deletedAt,
        }),
      onClose: () => this.#leave(watched, subscriber),
    })
    watched.subscribers.add(subscriber)
    this.#timer ??= setInterval(() => void this.#poll(), this.#options.pollMs).unref()
    return subscriber.stream
  }

  close(): void {
    this.#stopListening()
    for (const { subscribers } of this.#channels.values()) {
      for (const subscriber of [...subscribers]) subscriber.close()
    }
  }

  #leave(channel: Channel, subscriber: Subscriber): void {
    channel.subscribers.delete(subscriber)
    if (channel.subscribers.size === 0 && this.#channels.get(channel.id) === channel) {
      this.#channels.delete(channel.id)
    }
    if (this.#channels.size > 0 || !this.#timer) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  async #poll(): Promise<void> {
    if (this.#polling) return
    this.#polling = true
    try {
      this.#pingAll()
      for (const ids of inBatches([...this.#channels.keys()], idsPerQuery)) await this.#look(ids)
    } catch {
      // The database is away; the next poll tries again, and the readers wait.
    } finally {
      this.#polling = false
    }
  }

  async #look(ids: readonly SessionId[]): Promise<void> {
    const states = await this.#options.database.read((reader) => listSessionStates(reader, ids))
    for (const { id, eventCount, deletedAt } of states) {
      const channel = this.#channels.get(id)
      if (channel && (eventCount > channel.end || deletedAt !== null)) await channel.refresh()
    }
  }

  #pingAll(): void {
    this.#sincePing += this.#options.pollMs
    if (this.#sincePing < this.#options.pingMs) return
    this.#sincePing = 0
    for (const { subscribers } of this.#channels.values()) {
      for (const subscriber of subscribers) subscriber.ping()
    }
  }
}

/** A reading that failed is made again by the next poll. */
const ignore = () => {}
