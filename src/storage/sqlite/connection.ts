import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type CompiledQuery, type QueryResult, SelectQueryNode } from 'kysely'
import { toStoredText } from '../stored-text.ts'
import { isBusy, translateSqliteError } from './errors.ts'

/** More distinct statements than the program has; a bound only against statements built from lists. */
const maxStatements = 256

/** One connection to the file, with its prepared statements. Synchronous, as SQLite is. */
export class SqliteConnection {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string, access: 'read' | 'write') {
    this.path = path
    this.#database = this.#translated(() => new DatabaseSync(path, { readOnly: access === 'read' }))
  }

  /** Runs statements that take no parameters and return no rows. */
  exec(sql: string): void {
    this.#translated(() => this.#database.exec(sql))
  }

  /** As `exec`, but answers false instead of throwing when another connection holds the lock. */
  tryExec(sql: string): boolean {
    try {
      this.#database.exec(sql)
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw translateSqliteError(error, this.path)
    }
  }

  /** Undoes the open transaction. SQLite has already done so itself after some errors, a full disk among them. */
  rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch (error) {
      if (!/no transaction is active/.test(String(error))) throw error
    }
  }

  all<Row>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#translated(() => this.#prepare(sql).all(...parameters)) as Row[]
  }

  execute<Row>({ sql, parameters, query }: CompiledQuery): QueryResult<Row> {
    // Kysely types parameters as unknown; node:sqlite refuses what it cannot bind.
    const values = (parameters as readonly SQLInputValue[]).map((value) =>
      typeof value === 'string' ? toStoredText(value) : value,
    )
    return this.#translated(() => {
      const statement = this.#prepare(sql)
      if (returnsRows(query)) return { rows: statement.all(...values) as Row[] }
      const { changes, lastInsertRowid } = statement.run(...values)
      return {
        rows: [],
        numAffectedRows: BigInt(changes),
        insertId: BigInt(lastInsertRowid),
      }
    })
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    const statement = known ?? this.#database.prepare(sql)
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > maxStatements) {
      const [oldest] = this.#statements.keys()
      this.#statements.delete(oldest as string)
    }
    return statement
  }

  #translated<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw translateSqliteError(error, this.path)
    }
  }
}

/** Raw queries may return rows, and `all` runs those that return none as well. */
function returnsRows(query: CompiledQuery['query']): boolean {
  if (SelectQueryNode.is(query) || query.kind === 'RawNode') return true
  return 'returning' in query && query.returning !== undefined
}
