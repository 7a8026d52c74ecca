import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import type { Nesting } from './nesting.ts'
import { type Executor, Transaction } from './transaction.ts'

/** One transaction of the database that holds the work of several doors, each inside a savepoint of its own. */
export interface Group extends Executor {
  /** Grows with every row that a statement changes. */
  countChanges(): number
  /** Sets the savepoint that `undo` goes back to. */
  mark(): Promise<void>
  /** Throws where the rows since the mark break a rule that would otherwise only fail the commit. */
  keep(): Promise<void>
  undo(): Promise<void>
  /** When it returns, everything kept is on the disk. */
  commit(): Promise<void>
  rollBack(): Promise<void>
}

type Work<T> = (transaction: GroupTransaction) => Promise<T>

/** The part of a group that one door has. */
export class GroupTransaction extends Transaction {
  readonly #group: Group

  constructor(group: Group) {
    super(group)
    this.#group = group
  }

  countChanges(): number {
    return this.#group.countChanges()
  }
}

interface Member {
  readonly run: Work<unknown>
  readonly settle: (outcome: Outcome) => void
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

interface Ran {
  readonly member: Member
  readonly transaction: GroupTransaction
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
  readonly #nesting: Nesting
  readonly #clock: Clock
  #waiting: Member[] = []
  #working: Promise<void> | null = null

  /** `open` begins a transaction that holds the write lock. */
  constructor(open: () => Promise<Group>, nesting: Nesting, clock: Clock) {
    this.#open = open
    this.#nesting = nesting
    this.#clock = clock
  }

  async run<T>(work: Work<T>): Promise<T> {
    this.#nesting.refuse()
    // The group runs in the context of whoever started it; the work belongs to that of its caller.
    const inCallersContext = AsyncLocalStorage.snapshot()
    const run: Work<T> = (transaction) =>
      inCallersContext(() => this.#nesting.run(transaction, () => work(transaction)))
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
    const began = this.#clock()
    const alone = this.#waiting.length === 1
    while (ran.length < maxMembers && this.#clock() - began < maxWorkMs) {
      const member = this.#waiting.shift()
      if (!member) return
      const transaction = new GroupTransaction(group)
      const slot = ran.push({ member, transaction, outcome: { error: null } }) - 1
      const outcome = alone
        ? { value: await member.run(transaction) }
        : await runMarked(group, member, transaction)
      ran[slot] = { member, transaction, outcome }
      // One that runs without a savepoint takes no one in.
      if (alone) return
    }
  }
}

async function runMarked(
  group: Group,
  member: Member,
  transaction: GroupTransaction,
): Promise<Outcome> {
  await group.mark()
  try {
    const value = await member.run(transaction)
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

async function rollBack(group: Group, error: unknown): Promise<unknown> {
  try {
    await group.rollBack()
    return error
  } catch (failure) {
    return new AggregateError([error, failure], 'A transaction failed and could not be undone.')
  }
}
