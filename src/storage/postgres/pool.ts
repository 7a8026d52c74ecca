import { type CompiledQuery, type QueryResult, SelectQueryNode } from 'kysely'
import { Pool, type PoolClient, types } from 'pg'
import { toStoredText } from '../stored-text.ts'
import type { Executor } from '../transaction.ts'
import { translatePostgresError } from './errors.ts'

export interface PoolOptions {
  readonly url: string
  /** How long a statement waits for a lock before it is refused with `database_busy`. */
  readonly lockTimeoutMs: number
  /** How long a statement runs before it is refused with `database_busy`. */
  readonly statementTimeoutMs: number
  /** How long a door waits for a connection before it is refused with `database_unavailable`. */
  readonly connectTimeoutMs: number
  readonly maxConnections: number
}

/** Connections to one Postgres; a broken one is thrown away and the next door gets a new one. */
export class PostgresPool {
  /** Host, port and database: what messages may say. */
  readonly place: string
  readonly #pool: Pool

  constructor(options: PoolOptions) {
    this.place = describePlace(options.url)
    this.#pool = new Pool({
      connectionString: options.url,
      application_name: 'lucidream',
      max: options.maxConnections,
      lock_timeout: options.lockTimeoutMs,
      statement_timeout: options.statementTimeoutMs,
      connectionTimeoutMillis: options.connectTimeoutMs,
      keepAlive: true,
      types: { getTypeParser },
    })
    // Without listeners a connection that ends by itself would end the process; its user hears of it anyway.
    this.#pool.on('error', ignore)
    this.#pool.on('connect', (client) => client.on('error', ignore))
  }

  async connect(): Promise<PostgresConnection> {
    try {
      return new PostgresConnection(await this.#pool.connect(), this.place)
    } catch (error) {
      throw translatePostgresError(error, this.place)
    }
  }

  close(): Promise<void> {
    return this.#pool.end()
  }
}

/** One connection while a door has it. */
export class PostgresConnection implements Executor {
  readonly #client: PoolClient
  readonly #place: string
  #changes = 0
  /** The statement that is running: one that comes meanwhile waits, as the driver wants it to. */
  #running: Promise<unknown> = Promise.resolve()

  constructor(client: PoolClient, place: string) {
    this.#client = client
    this.#place = place
  }

  /** Rows that statements on it have inserted, updated or deleted so far. */
  get changes(): number {
    return this.#changes
  }

  /** Statements without parameters, as many as wanted, in one round trip. */
  async exec(sql: string): Promise<void> {
    await this.#translated(() => this.#client.query(sql))
  }

  async all<Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#translated(() => this.#client.query(sql, [...values]))
    return rows as Row[]
  }

  async execute<Row>({ sql, parameters, query }: CompiledQuery): Promise<QueryResult<Row>> {
    const values = parameters.map((value) =>
      typeof value === 'string' ? toStoredText(value) : value,
    )
    const result = await this.#translated(() => this.#client.query(sql, values))
    if (SelectQueryNode.is(query)) return { rows: result.rows }
    const affected = changing.has(result.command) ? (result.rowCount ?? 0) : 0
    this.#changes += affected
    return { rows: result.rows, numAffectedRows: BigInt(affected) }
  }

  /** Runs `work` with BEGIN and COMMIT around it; whatever it throws undoes everything. */
  async transact<T>(begin: string, work: () => Promise<T>): Promise<T> {
    try {
      await this.exec(begin)
      const result = await work()
      await this.exec('COMMIT')
      this.release()
      return result
    } catch (error) {
      await this.rollBack()
      throw error
    }
  }

  /** Undoes what is open and gives the connection back; one that cannot is closed, which undoes it too. */
  async rollBack(): Promise<void> {
    try {
      await this.#client.query('ROLLBACK')
      this.#client.release()
    } catch {
      this.#client.release(true)
    }
  }

  release(): void {
    this.#client.release()
  }

  #translated<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#running.then(work).catch((error: unknown) => {
      throw translatePostgresError(error, this.#place)
    })
    this.#running = running.catch(ignore)
    return running
  }
}

const changing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

const ignore = () => {}

const oids = { int8: 20, numeric: 1700, bytea: 17 }

/** Counts and times are far below 2^53, and rows hold the same types from both databases. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (format !== 'binary' && (oid === oids.int8 || oid === oids.numeric)) return Number
  const parse = format === 'binary' ? types.getTypeParser(oid, 'binary') : types.getTypeParser(oid)
  if (oid !== oids.bytea) return parse
  return (text: string) => {
    const { buffer, byteOffset, byteLength } = parse(text) as Buffer
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
}

export function describePlace(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `${hostname || 'localhost'}${port === '' ? '' : `:${port}`}${pathname}`
  } catch {
    return 'in the database URL'
  }
}
