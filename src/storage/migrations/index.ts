import { firstTables } from './0001-first-tables.ts'
import { tracesApart } from './0002-traces-apart.ts'
import { apiKeys } from './0003-api-keys.ts'
import { webhooks } from './0008-webhooks.ts'
import { digestBatches } from './0009-digest-batches.ts'
import type { Migration } from './migration.ts'

/** In the order they run; numbers count from 1 without gaps. */
export const migrations: readonly Migration[] = [
  firstTables,
  tracesApart,
  apiKeys,
  webhooks,
  digestBatches,
]
