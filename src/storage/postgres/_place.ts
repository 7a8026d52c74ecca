import { hash } from '../_rows.ts'
import type { DatabaseUnderTest } from '../_subject.ts'
import { openPostgres } from './open.ts'

/** A place is a URL whose search path is a schema of its own. */
export const subject: Pick<DatabaseUnderTest, 'open' | 'module'> = {
  open: (url, options) => openPostgres({ url, hash, maxConnections: 14, ...options }),
  module: import.meta.url,
}
