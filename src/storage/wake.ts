/**
 * Lets workers sleep until this process has work for them. A ring that nobody hears, because everyone is
 * between looking and sleeping, is kept for the next one who would sleep.
 */
export class Wake {
  readonly #waiting = new Set<() => void>()
  #unheard = false
  #closed = false

  /** To be called before looking for work: what rings from now on concerns the next sleep. */
  beginLook(): void {
    this.#unheard = false
  }

  ring(): void {
    this.#unheard = true
    for (const wake of [...this.#waiting]) wake()
  }

  sleep(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#unheard || this.#closed || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, timeoutMs)
      signal.addEventListener('abort', wake)
      this.#waiting.add(wake)
    })
  }

  close(): void {
    this.#closed = true
    this.ring()
  }
}
