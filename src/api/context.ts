import type { Logger } from 'pino'
import type { Notary } from '../core/audit/notary.ts'
import type { Clock } from '../core/clock.ts'
import type { Hash, NewId } from '../core/ids.ts'
import type { Keyring } from '../core/keyring.ts'
import type { Mapper } from '../core/receive/mapping.ts'
import type { Json } from '../core/session.ts'
import type { Database } from '../storage/database.ts'
import type { Jobs } from '../storage/jobs.ts'
import type { SessionWakes } from '../storage/session-wakes.ts'
import type { Feed } from './feed.ts'
import type { RateLimits } from './rate-limit.ts'

/** Everything the API needs from outside; made once by app.ts. */
export interface ApiContext {
  readonly database: Database
  readonly jobs: Jobs
  readonly clock: Clock
  readonly hash: Hash
  readonly newId: NewId
  readonly keyring: Keyring
  /** Signs checkpoints of the audit log. */
  readonly notary: Notary
  /** Replaces secrets in every string of the records, as imports do. */
  readonly mask: (
    records: readonly Json[],
  ) => Promise<{ readonly records: readonly Json[]; readonly secrets: readonly number[] }>
  /** Runs the expressions of webhook sources. */
  readonly mapper: Mapper
  /** Every open event stream of this process. */
  readonly feed: Feed
  /** To be rung after events were appended. */
  readonly wakes: SessionWakes
  readonly log: Logger
  readonly settings: ApiSettings
}

interface ApiSettings {
  readonly version: string
  readonly organizationId: string
  /** Refuses what the reference would refuse and a lenient server need not: see README, "Strict". */
  readonly strict: boolean
  readonly rateLimits: RateLimits
  /** Webhooks may go to private addresses and plain http. */
  readonly allowPrivateTargets: boolean
  /** Folders of the server that may be imported from by path. */
  readonly importRoots: readonly string[]
}
