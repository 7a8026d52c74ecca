import type { CompiledQuery, QueryResult } from 'kysely'

/** Whatever runs a compiled query: a connection, or one open transaction on it. */
export interface Executor {
  execute<Row>(query: CompiledQuery): Promise<QueryResult<Row>>
}

/** What one door sees of a transaction. Runs queries until the door closes; afterwards every query is refused. */
export class Transaction implements Executor {
  readonly #executor: Executor
  readonly #reactions: (() => void)[] = []
  #open = true
  #failure: { readonly error: unknown } | null = null

  constructor(executor: Executor) {
    this.#executor = executor
  }

  get isOpen(): boolean {
    return this.#open
  }

  async execute<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (!this.#open) {
      throw new Error(
        `A reader, scratch or writer was used after its transaction ended: ${query.sql}. Await everything inside the door.`,
      )
    }
    this.refuseBroken()
    try {
      return await this.#executor.execute<Row>(query)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  /** Throws again what a statement threw: some databases go on after a failure and some cannot, so none does. */
  refuseBroken(): void {
    if (this.#failure) throw this.#failure.error
  }

  onCommit(react: () => void): void {
    this.#reactions.push(react)
  }

  end(): void {
    this.#open = false
  }

  /** Called by whoever committed it. */
  tellCommitted(): void {
    for (const react of this.#reactions) react()
  }
}
