import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hash, makeSalts } from '../_rows.ts'
import type { DatabaseUnderTest } from '../_subject.ts'
import { openEmbeddedJobs } from './jobs.ts'
import { openSqlite } from './open.ts'

export const subject: DatabaseUnderTest = {
  async createPlace() {
    return join(await mkdtemp(join(tmpdir(), 'lucidream-test-')), 'lucidream.db')
  },
  removePlace: (place) => rm(dirname(place), { recursive: true, force: true }),
  open: (path, options) => openSqlite({ path, hash, salt: makeSalts(), ...options }),
  openJobs: async (_place, options) => openEmbeddedJobs(options),
  module: import.meta.url,
}
