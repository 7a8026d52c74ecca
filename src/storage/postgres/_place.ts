import { hash, makeSalts } from '../_rows.ts'
import type { DatabaseUnderTest } from '../_subject.ts'
import { openPostgresJobs } from './jobs.ts'
import { openPostgres } from './open.ts'

/** A place is a URL whose search path is a schema of its own; pg-boss has another beside it. */
export const subject: Pick<DatabaseUnderTest, 'open' | 'openJobs' | 'module'> = {
  open: (url, options) =>
    openPostgres({ url, hash, salt: makeSalts(), maxConnections: 14, ...options }),
  openJobs: (url, options) =>
    openPostgresJobs({ url, hash, schema: `${schemaOf(url)}_boss`, ...options }),
  module: import.meta.url,
}

export function schemaOf(place: string): string {
  const name = /search_path=(\w+)/.exec(new URL(place).searchParams.get('options') ?? '')?.[1]
  if (name === undefined) throw new Error('The place names no schema.')
  return name
}
