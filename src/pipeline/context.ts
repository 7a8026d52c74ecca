import type { Logger } from 'pino'
import type { Notary } from '../core/audit/notary.ts'
import type { Clock } from '../core/clock.ts'
import type { Hash, NewId } from '../core/ids.ts'
import type { Keyring } from '../core/keyring.ts'
import type { Mapper } from '../core/receive/mapping.ts'
import type { FirstPartyTools } from '../core/trust/origin.ts'
import type { Mask } from '../importers/importer.ts'
import type { Database } from '../storage/database.ts'
import type { Jobs } from '../storage/jobs.ts'
import type { SessionWakes } from '../storage/session-wakes.ts'
import type { Thinking } from './thinking.ts'
import type { Post } from './webhooks/post.ts'

/** Everything the background work needs from outside; made once by app.ts. */
export interface Context {
  readonly database: Database
  readonly jobs: Jobs
  readonly clock: Clock
  readonly hash: Hash
  readonly newId: NewId
  readonly keyring: Keyring
  /** Signs checkpoints of the audit log. */
  readonly notary: Notary
  readonly mask: Mask
  /** To be rung after events were appended to a session, for those who watch it. */
  readonly wakes: SessionWakes
  readonly postWebhook: Post
  readonly organizationId: string
  readonly log: Logger
  /** Names this process in leases and staged transcripts: `host:pid:start`. */
  readonly owner: string
  /** Whether the process that an owner string names still runs; unknown counts as running. */
  readonly isAlive: (owner: string) => boolean
  /** Aborted when the person wants to stop; work stops at the next safe point and can be resumed. */
  readonly signal: AbortSignal
  /** How long a silent worker keeps its job; a worker known dead loses it at once. */
  readonly leaseMs: number
  /** Runs the expressions of webhook sources. */
  readonly mapper: Mapper
  /** Where heavy work is done. */
  readonly thinking: Thinking
  /** Tools whose results the administrator vouches for. */
  readonly firstPartyTools: FirstPartyTools
  /** Where policy files lie; null: nowhere. Without a policy nothing is ever applied. */
  readonly policyDirectory: string | null
  /** Whether an administrator named it. A folder that nobody named need not be there. */
  readonly policyDirectoryIsNamed: boolean
  /** Of dreams over the wire. */
  readonly limits: DreamLimits
  /** For how long raw bodies of webhook deliveries are kept. */
  readonly receiptBodyMs: number
}

interface DreamLimits {
  readonly dreamMs: number
  readonly storeBytes: number
}
