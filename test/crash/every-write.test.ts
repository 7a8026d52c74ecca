import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inFolder } from '../_program.ts'
import {
  type Choice,
  type Copies,
  checkReceived,
  cutEverywhere,
  startReceiver,
  writeFewTranscripts,
} from './_cutting.ts'
import { dumpSqlite } from './_dump.ts'
import type { Kill } from './_killing-database.ts'
import type { Place } from './_place.ts'
import { prepareScenario, type ScenarioName } from './_scenario.ts'

/** A copy is a copy of the data folder. */
function copiesOf(folder: string, prepared: string): Copies {
  return {
    async inCopy(name, use) {
      const data = join(folder, name)
      cpSync(prepared, data, { recursive: true })
      const answer = await use({ data, databaseUrl: null })
      rmSync(data, { recursive: true })
      return answer
    },
    dump: ({ data }) => dumpSqlite(join(data, 'lucidream.db')),
    // A process that is dead loses its jobs at once.
    expireLeases: async () => {},
  }
}

async function cut(name: ScenarioName, choice: Choice) {
  const receiver = await startReceiver()
  try {
    return await inFolder(async (folder) => {
      const given = { transcripts: writeFewTranscripts(folder, 12), hook: receiver.url }
      const prepared = join(folder, 'prepared')
      mkdirSync(prepared)
      await prepareScenario(name, { data: prepared, databaseUrl: null }, given)
      const { received } = receiver
      const check = async (place: Place, kill: Kill) =>
        name === 'webhook' ? checkReceived(place, { kill, received }) : undefined
      return cutEverywhere({ ...copiesOf(folder, prepared), name, given, choice, check })
    })
  } finally {
    receiver.close()
  }
}

/**
 * Rows of every table are compared with those of a run that was left alone: nothing lost, nothing done twice. What
 * was answered before the cut is asked for after it.
 */
describe('kill -9 before, inside and after every write', () => {
  it.each([
    ['import', 'each', 3],
    ['command line dream', 'in turn', 10],
    ['dream over the wire', 'in turn', 10],
    ['dream into its input store', 'in turn', 10],
    ['upload', 'in turn', 8],
    ['webhook', 'in turn', 3],
    ['receive', 'in turn', 5],
    ['restore', 'each', 3],
    ['schedule', 'each', 3],
    ['apply', 'in turn', 2],
    ['roll back', 'each', 3],
    ['experiment', 'each', 3],
    ['overlays', 'in turn', 4],
  ] as const)(
    'of %s: the same rows as without',
    async (name, choice, least) => {
      const { cuts } = await cut(name, choice)
      expect(cuts).toBeGreaterThanOrEqual(least)
    },
    300_000,
  )
})
