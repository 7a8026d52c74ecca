import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { type Executor, Transaction } from './transaction.ts'

/** One transaction of the database that holds the work of several doors, each inside a savepoint of its own. */
export interface Group extends Executor {
  /** Sets the savepoint that `undo` goes back to and `keep` lets go of. */
  mark(): Promise<void>
  /** Throws where the rows since the mark break a rule that would otherwise only fail the commit. */
  keep(): Promise<void>
  undo(): Promise<void>
  /** When it returns, everything kept is on the disk. */
  commit(): Promise<void>
  rollBack(): Promise<void>
}

type Work<T> = (transaction: Transaction) => Promise<T>

interface Member {
  readonly run: Work<unknown>
  readonly settle: (outcome: Outcome) => void
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

interface Ran {
  readonly member: Member
  readonly transaction: Transaction
  readonly outcome: Outcome
}

const maxMembers = 64
/** No member joins a group that has worked this long: those in it are waiting for its commit. */
const maxWorkMs = 20

/**
 * Runs work one at a time in the order of arrival, and what waits at the same time shares one commit: a
 * commit costs a synchronised write to the disk, however much it holds. A member that throws is undone alone.
 * Everyone hears of their end after the commit, and all of them fail when it does: also who failed before,
 * because the reason may have been a row that was never stored.
 */
export class GroupCommit {
  readonly #open: () => Promise<Group>
  /** The door that the running code is inside of, to refuse a second one that would wait for it for ever. */
  readonly #inside = new AsyncLocalStorage<Transaction>()
  #waiting: Member[] = []
  #working: Promise<void> | null = null

  /** `open` begins a transaction that holds the write lock. */
  constructor(open: () => Promise<Group>) {
    this.#open = open
  }

  get isInside(): boolean {
    return this.#inside.getStore()?.isOpen === true
  }

  async run<T>(work: Work<T>): Promise<T> {
    if (this.isInside) {
      throw new Error('A write was opened inside another, which it would wait for without end.')
    }
    // The group runs in the context of whoever started it; the work belongs to that of its caller.
    const inCallersContext = AsyncLocalStorage.snapshot()
    const run: Work<T> = (transaction) =>
      inCallersContext(() => this.#inside.run(transaction, () => work(transaction)))
    return new Promise<T>((resolve, reject) => {
      const settle = (outcome: Outcome) => {
        if ('error' in outcome) reject(outcome.error)
        else resolve(outcome.value as T)
      }
      this.#waiting.push({ run, settle })
      this.#working ??= this.#workOff()
    })
  }

  /** Returns when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#working) await this.#working
  }

  async #workOff(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What arrives in the same turn of the event loop shares the commit.
      await setImmediate()
      await this.#runGroup()
    }
    this.#working = null
  }

  async #runGroup(): Promise<void> {
    const first = [...this.#waiting]
    let group: Group
    try {
      group = await this.#open()
    } catch (error) {
      this.#waiting = this.#waiting.slice(first.length)
      for (const { settle } of first) settle({ error })
      return
    }
    const ran: Ran[] = []
    try {
      await this.#fill(group, ran)
      await group.commit()
    } catch (error) {
      const reason = await rollBack(group, error)
      for (const { member } of ran) member.settle({ error: reason })
      return
    }
    for (const { member, transaction, outcome } of ran) {
      if (!('error' in outcome)) transaction.tellCommitted()
      member.settle(outcome)
    }
  }

  /** Throws when the whole group is lost; then `ran` holds everyone who must hear of it. */
  async #fill(group: Group, ran: Ran[]): Promise<void> {
    const began = performance.now()
    const alone = this.#waiting.length === 1
    while (ran.length < maxMembers && performance.now() - began < maxWorkMs) {
      const member = this.#waiting.shift()
      if (!member) return
      const transaction = new Transaction(group)
      const slot = ran.push({ member, transaction, outcome: { error: null } }) - 1
      const outcome = alone
        ? { value: await runAndEnd(member, transaction) }
        : await runMarked(group, member, transaction)
      ran[slot] = { member, transaction, outcome }
      // One that runs without a savepoint takes no one in.
      if (alone) return
    }
  }
}

async function runMarked(group: Group, member: Member, transaction: Transaction): Promise<Outcome> {
  await group.mark()
  try {
    const value = await runAndEnd(member, transaction)
    await group.keep()
    return { value }
  } catch (error) {
    // What cannot be undone alone is undone with the group, for the same reason.
    await group.undo().catch(() => {
      throw error
    })
    return { error }
  }
}

async function runAndEnd(member: Member, transaction: Transaction): Promise<unknown> {
  try {
    return await member.run(transaction)
  } finally {
    transaction.end()
  }
}

async function rollBack(group: Group, error: unknown): Promise<unknown> {
  try {
    await group.rollBack()
    return error
  } catch (failure) {
    return new AggregateError([error, failure], 'A transaction failed and could not be undone.')
  }
}
