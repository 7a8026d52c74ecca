import { type DatabaseConnection, type Dialect, type Driver, Kysely } from 'kysely'
import type { Executor } from './transaction.ts'

/** How Kysely writes SQL for one database. */
export type Language = Omit<Dialect, 'createDriver'>

/**
 * Kysely as the writer of SQL and nothing else: transactions begin and end outside of it, so that none can be
 * opened, forgotten or committed through a query builder.
 */
export function kyselyOver<DB>(executor: Executor, language: Language): Kysely<DB> {
  return new Kysely<DB>({ dialect: { ...language, createDriver: () => driverOver(executor) } })
}

function driverOver(executor: Executor): Driver {
  const connection: DatabaseConnection = {
    executeQuery: (query) => executor.execute(query),
    streamQuery: () => {
      throw new Error('Streaming is not supported: read in pages by key.')
    },
  }
  const nothing = async () => {}
  return {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    releaseConnection: nothing,
    destroy: nothing,
  }
}

async function refuseTransaction(): Promise<never> {
  throw new Error('Transactions are opened by the doors of the database, not by Kysely.')
}
