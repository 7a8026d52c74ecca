import { firstTables } from './0001-first-tables.ts'
import { tracesApart } from './0002-traces-apart.ts'
import { apiKeys } from './0003-api-keys.ts'
import { memoryWire } from './0004-memory-wire.ts'
import { liveSessions } from './0005-live-sessions.ts'
import { dreamsOnRequest } from './0006-dreams-on-request.ts'
import { ownResources } from './0007-own-resources.ts'
import { webhooks } from './0008-webhooks.ts'
import { digestBatches } from './0009-digest-batches.ts'
import { policies } from './0011-policies.ts'
import { trust } from './0012-trust.ts'
import { audit } from './0013-audit.ts'
import { reviews } from './0014-reviews.ts'
import { outcomes } from './0015-outcomes.ts'
import { receivers } from './0016-receivers.ts'
import { experiments } from './0017-experiments.ts'
import { exposures } from './0018-exposures.ts'
import { approvals } from './0019-approvals.ts'
import { endorsements } from './0020-endorsements.ts'
import { withheldLedgers } from './0021-withheld-ledgers.ts'
import { overlays } from './0022-overlays.ts'
import { signalsByKind } from './0023-signals-by-kind.ts'
import { outcomeUpkeep } from './0024-outcome-upkeep.ts'
import { rollout } from './0026-rollout.ts'
import { leaveOneOut } from './0027-leave-one-out.ts'
import type { Migration, MigrationText } from './migration.ts'

/** In the order they run. */
const texts: readonly MigrationText[] = [
  firstTables,
  tracesApart,
  apiKeys,
  memoryWire,
  liveSessions,
  dreamsOnRequest,
  ownResources,
  webhooks,
  digestBatches,
  policies,
  audit,
  reviews,
  trust,
  outcomes,
  receivers,
  experiments,
  exposures,
  endorsements,
  approvals,
  leaveOneOut,
  outcomeUpkeep,
  withheldLedgers,
  overlays,
  signalsByKind,
  rollout,
]

export const migrations: readonly Migration[] = texts.map((text, at) => ({
  number: at + 1,
  ...text,
}))
