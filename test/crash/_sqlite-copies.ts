import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
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

/** Cuts a scenario off at its writes, on SQLite, in a folder that may be thrown away. */
export async function cutOnSqlite(folder: string, name: ScenarioName, choice: Choice) {
  const receiver = await startReceiver()
  try {
    const given = { transcripts: writeFewTranscripts(folder, 12), hook: receiver.url }
    const prepared = join(folder, 'prepared')
    mkdirSync(prepared)
    await prepareScenario(name, { data: prepared, databaseUrl: null }, given)
    const { received } = receiver
    const check = async (place: Place, kill: Kill) =>
      name === 'webhook' ? checkReceived(place, { kill, received }) : undefined
    return await cutEverywhere({ ...copiesOf(folder, prepared), name, given, choice, check })
  } finally {
    receiver.close()
  }
}
