import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** Whatever runs a compiled query: here, one open transaction. */
export interface Executor {
  execute<Row>(query: CompiledQuery): QueryResult<Row>
}

/**
 * Kysely as the writer of SQL and nothing else: transactions begin and end outside of it (transaction.ts),
 * so that none can be opened, forgotten or committed through a query builder.
 */
export function kyselyOver<DB>(executor: Executor): Kysely<DB> {
  return new Kysely<DB>({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => driverOver(executor),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
}

/** Queries run synchronously, one at a time; Kysely's own queue for a shared connection is not needed. */
class Adapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

function driverOver(executor: Executor): Driver {
  const connection: DatabaseConnection = {
    executeQuery: async (query) => executor.execute(query),
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
