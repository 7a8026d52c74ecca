import type { SealTools } from '../core/audit/notary.ts'
import type { Clock } from '../core/clock.ts'
import type { Context } from '../pipeline/context.ts'
import type { Migrated } from '../storage/migrations/migration.ts'

/** Everything the program touches outside itself; made by main.ts, and by tests. */
export interface Surroundings {
  readonly version: string
  readonly stdout: Output
  readonly stderr: Output
  readonly clock: Clock
  /** From the environment; flags win. */
  readonly dataDirectory: string
  /** From the environment; null: the embedded database in the data folder. */
  readonly databaseUrl: string | null
  readonly colour: 'auto' | 'always' | 'never'
  /** The bundled transcripts and memory. */
  readonly demo: { readonly transcripts: string; readonly memory: string }
  readonly signal: AbortSignal
  /** Opens a database and brings its schema up to date; an embedded one is made where there is none. */
  readonly open: (place: DataPlace) => Promise<Opened>
  /** Brings its schema up to date and closes it again. */
  readonly migrate: (place: DataPlace) => Promise<Migrated>
  readonly facts: () => MachineFacts
  /** For checking an audit log without its database. */
  readonly sealTools: SealTools
  /** The first API key of an empty database, where the administrator chose it. */
  readonly bootstrapKey: string | null
  /** What this program calls another one's API with. */
  readonly apiKey: string | null
  /** Starts the API over an opened database; flags win over the configuration. */
  readonly serve: (opened: Opened, flags: ServeFlags) => Promise<Serving>
}

/** Which database: Postgres where there is a URL, else the embedded one in the folder. */
export interface DataPlace {
  /** Also holds the keys that were made there. */
  readonly dataDirectory: string
  readonly databaseUrl: string | null
}

export interface ServeFlags {
  readonly host?: string
  readonly port?: number
}

export interface Serving {
  readonly url: string
  /** Lets open requests end for this long. */
  readonly stop: (drainMs: number) => Promise<void>
}

export interface Output {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  /** Undefined when it is no terminal. */
  readonly columns: number | undefined
}

export interface Opened {
  readonly context: Context
  /** The file of the embedded database; null where a server has it. */
  readonly databasePath: string | null
  readonly close: () => Promise<void>
}

export interface MachineFacts {
  readonly node: string
  readonly sqlite: string
  readonly platform: string
}
