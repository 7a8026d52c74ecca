import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { makeId } from '../src/core/ids.ts'
import type { Database } from '../src/storage/database.ts'
import type { Jobs } from '../src/storage/jobs.ts'
import { openPostgresJobs } from '../src/storage/postgres/jobs.ts'
import { openPostgres } from '../src/storage/postgres/open.ts'
import { openEmbeddedJobs } from '../src/storage/sqlite/jobs.ts'
import { openSqlite } from '../src/storage/sqlite/open.ts'
import { inFolder, measure, print } from './_measure.ts'
import { inSchema } from './_postgres.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const salt = () => '0'.repeat(32)
const operator = { type: 'user', id: 'bench' } as const
const count = 1_000
const workers = 4
const clock = Date.now

/** Jobs per second, each claimed and settled with one audit record, by four workers of one process. */
export async function benchJobs(): Promise<void> {
  await inFolder(async (folder) => {
    const database = await openSqlite({ path: join(folder, 'lucidream.db'), clock, hash, salt })
    await measureQueue('SQLite', database, openEmbeddedJobs({ database, clock }))
  })
  const measured = await inSchema(async (url, schema) => {
    const database = await openPostgres({ url, clock, hash, salt })
    const jobs = await openPostgresJobs({ database, url, clock, hash, schema: `${schema}_boss` })
    await measureQueue('Postgres', database, jobs)
    return true
  })
  if (measured === null) console.log('jobs, Postgres: none answers')
}

async function measureQueue(name: string, database: Database, jobs: Jobs): Promise<void> {
  const enqueued = await measure(1, () =>
    database.scratch(async (scratch) => {
      for (let index = 0; index < count; index += 1) {
        const id = makeId('job', hash, [String(index)])
        await jobs.enqueue(scratch, { id, kind: 'bench', payload: {}, availableAt: clock() })
      }
    }),
  )
  const done = await measure(1, () =>
    Promise.all(Array.from({ length: workers }, () => workOff(database, jobs))),
  )
  print(`jobs, ${name}, ${count} by ${workers} workers`, {
    'enqueued in one transaction s': enqueued,
    'claimed and settled s': done,
    'jobs/s': Math.round(count / done),
  })
  await jobs.close()
  await database.close()
}

async function workOff(database: Database, jobs: Jobs): Promise<void> {
  for (;;) {
    const job = await jobs.claim({ owner: 'bench', leaseMs: 60_000 })
    if (!job) return
    await database.write(operator, async (writer) => {
      await writer.audit({ action: 'bench.worked', objectType: 'job', objectId: job.id })
      await jobs.settle(writer, { id: job.id, attempt: job.attempt, state: 'done' })
    })
  }
}
