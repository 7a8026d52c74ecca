import type { SessionId } from '../core/ids.ts'

/**
 * Tells those who watch sessions in this process that one of them has new events. To be rung after the write
 * that appended them has returned; a ring that is lost costs a poll's delay and no event.
 */
export class SessionWakes {
  readonly #listeners = new Set<(id: SessionId) => void>()

  ring(id: SessionId): void {
    for (const listener of this.#listeners) listener(id)
  }

  /** Answers how to stop listening. */
  listen(listener: (id: SessionId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
