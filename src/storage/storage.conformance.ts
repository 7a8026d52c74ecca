import { afterAll, beforeEach, describe } from 'vitest'
import { start } from './_rows.ts'
import type { DatabaseUnderTest, Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import { describeDoors } from './doors.conformance.ts'
import { describeDreams } from './dreams.conformance.ts'
import { describeDurability } from './durability.conformance.ts'
import { describeExperiments } from './experiments.conformance.ts'
import { describeExposures } from './exposures.conformance.ts'
import { describeJobs } from './jobs.conformance.ts'
import type { Jobs } from './jobs.ts'
import { describeLiveSessions } from './live-sessions.conformance.ts'
import { describeMemories } from './memories.conformance.ts'
import { describeOutcomes } from './outcomes.conformance.ts'
import { describeOwnResources } from './own-resources.conformance.ts'
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
    describeOwnResources(fresh)
    describeDreams(fresh)
    describePolicies(fresh)
    describeExperiments(fresh)
    describeExposures(fresh)
    describeOutcomes(fresh)
    describeJobs(fresh)
    describeDurability(fresh)
  })
}

/** Making and dropping a schema takes seconds on a machine that is busy. */
const hookTimeoutMs = 60_000

function useFreshDatabase(subject: DatabaseUnderTest): Fresh {
  const time = { ms: start }
  let place = ''
  let database: Database | null = null
  let jobs: Promise<Jobs> | null = null
  const leave = async () => {
    await (await jobs)?.close()
    jobs = null
    await database?.close()
    database = null
    if (place !== '') await subject.removePlace(place)
    place = ''
  }
  beforeEach(async () => {
    await leave()
    time.ms = start
    place = await subject.createPlace()
    database = await subject.open(place, { clock: () => time.ms })
  }, hookTimeoutMs)
  afterAll(leave, hookTimeoutMs)
  return {
    subject,
    time,
    place: () => place,
    database: () => database as Database,
    jobs() {
      const options = { database: database as Database, clock: () => time.ms }
      jobs ??= subject.openJobs(place, options)
      return jobs
    },
  }
}
