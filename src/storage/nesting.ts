import { AsyncLocalStorage } from 'node:async_hooks'
import type { Transaction } from './transaction.ts'

/** Knows which changing door the running code is inside of, to refuse a second one that may wait for it for ever. */
export class Nesting {
  readonly #inside = new AsyncLocalStorage<Transaction>()

  refuse(): void {
    if (this.#inside.getStore()?.isOpen) {
      throw new Error('A write was opened inside another, which it would wait for without end.')
    }
  }

  /** Runs the work of one door, which ends with it; a statement that failed fails the door, caught or not. */
  async run<T>(transaction: Transaction, work: () => Promise<T>): Promise<T> {
    return this.#inside.run(transaction, () => runInside(transaction, work))
  }
}

/** For doors that others do not wait for. */
export async function runInside<T>(transaction: Transaction, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work()
    transaction.refuseBroken()
    return result
  } finally {
    transaction.end()
  }
}
