import { makeSignal, storeSession, write } from './_rows.ts'
import type { Database } from './database.ts'
import { insertOutcomeSignals } from './outcome-signals.ts'

/** What the child processes do, over and over: one session in the two steps of an import, then its outcome. */
export async function appendSessions(
  database: Database,
  { prefix, count }: { readonly prefix: string; readonly count: number },
): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const key = `${prefix} session ${index}`
    await storeSession(database, key, { records: ['{"a":1}', '{"b":2}'] })
    await write(database, (writer) => insertOutcomeSignals(writer, [makeSignal(key)]))
    // Synchronous, so that the line is out before the next write begins.
    process.stdout.write(`${key}\n`)
  }
}
