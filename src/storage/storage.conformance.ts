import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { start } from './_rows.ts'
import type { DatabaseUnderTest, Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import { describeDoors } from './doors.conformance.ts'
import { describeDreams } from './dreams.conformance.ts'
import { describeDurability } from './durability.conformance.ts'
import { describeJobs } from './jobs.conformance.ts'
import type { Jobs } from './jobs.ts'
import { describeLiveSessions } from './live-sessions.conformance.ts'
import { describeMemories } from './memories.conformance.ts'
import { describePolicies } from './policies.conformance.ts'
import { describeSessions } from './sessions.conformance.ts'
import { describeStoredObjects } from './stored-objects.conformance.ts'
import { describeTranscripts } from './transcripts.conformance.ts'

/** Every law of the storage interface, for one database. */
export function describeDatabase(name: string, subject: DatabaseUnderTest): void {
  describe(name, () => {
    const fresh = useFreshDatabase(subject)
    describeDoors(fresh)
    describeSessions(fresh)
    describeTranscripts(fresh)
    describeLiveSessions(fresh)
    describeStoredObjects(fresh)
    describeMemories(fresh)
    describeDreams(fresh)
    describePolicies(fresh)
    describeJobs(fresh)
    describeDurability(fresh)
  })
}

function useFreshDatabase(subject: DatabaseUnderTest): Fresh {
  const places: string[] = []
  const time = { ms: start }
  let database: Database | null = null
  let jobs: Promise<Jobs> | null = null
  const close = async () => {
    await (await jobs)?.close()
    jobs = null
    await database?.close()
  }
  beforeAll(() => {
    places.length = 0
  })
  beforeEach(async () => {
    await close()
    time.ms = start
    const created = await subject.createPlace()
    places.push(created)
    database = await subject.open(created, { clock: () => time.ms })
  })
  afterAll(async () => {
    await close()
    for (const place of places) await subject.removePlace(place)
  })
  const place = () => places.at(-1) as string
  return {
    subject,
    time,
    place,
    database: () => database as Database,
    jobs() {
      const options = { database: database as Database, clock: () => time.ms }
      jobs ??= subject.openJobs(place(), options)
      return jobs
    },
  }
}
