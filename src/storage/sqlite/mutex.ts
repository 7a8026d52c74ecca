/** Lets one piece of asynchronous work run at a time, in the order of arrival. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    // The next one waits for this one's end, however it ended; the failure itself goes to the caller.
    this.#last = result.catch(() => {})
    return result
  }
}
