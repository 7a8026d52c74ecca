import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hash, makeSalts } from '../_rows.ts'
import type { DatabaseUnderTest } from '../_subject.ts'
import { openEmbeddedJobs } from './jobs.ts'
import { openSqlite } from './open.ts'

const createPlace = async () =>
  join(await mkdtemp(join(tmpdir(), 'lucidream-test-')), 'lucidream.db')

export const subject: DatabaseUnderTest = {
  createPlace,
  // Making the tables takes milliseconds here.
  createEmptyPlace: createPlace,
  removePlace: (place) => rm(dirname(place), { recursive: true, force: true }),
  open: (path, options) => openSqlite({ path, hash, salt: makeSalts(), ...options }),
  openJobs: async (_place, options) => openEmbeddedJobs(options),
  module: import.meta.url,
}
