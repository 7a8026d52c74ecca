import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { formatEntry, hashEntry } from '../core/audit/entry.ts'
import { changeSomething, hash, importer, note, write } from './_rows.ts'
import type { DatabaseUnderTest, Fresh } from './_subject.ts'
import { listAuditRecords } from './audit-records.ts'
import type { Database } from './database.ts'
import { listOutcomeSignals } from './outcome-signals.ts'
import { streamEvents } from './session-events.ts'
import { listSessions } from './sessions.ts'
import { discardTranscript, listStaged } from './transcripts.ts'

/** Processes that share or lose the database; everything here starts real ones. */
export function describeDurability(fresh: Fresh): void {
  describe('durability', () => {
    test('what a killed process acknowledged is there, and nothing is there in part', async () => {
      const acknowledged = new Set<string>()
      // Each round kills after another number of acknowledgements and another pause inside a write.
      for (const [round, kill] of [1, 4, 9, 2, 13, 6].entries()) {
        const child = append(fresh, { prefix: `round ${round}`, count: 10_000 })
        await readUntil(child, { lines: kill, pauseMs: round * 0.7 }, acknowledged)
        child.kill('SIGKILL')
        await readUntil(child, { lines: Number.POSITIVE_INFINITY, pauseMs: 0 }, acknowledged)
      }
      expect(acknowledged.size).toBeGreaterThanOrEqual(35)
      const stored = await expectWhole(fresh.database())
      for (const key of acknowledged) expect(stored).toContain(key)
    })

    test('two processes that append at once both succeed, and the audit log has no gap', async () => {
      const runs = ['a', 'b'].map((prefix) => runToEnd(append(fresh, { prefix, count: 30 })))
      expect(await Promise.all(runs)).toEqual([0, 0])
      expect(await expectWhole(fresh.database())).toHaveLength(60)
    })

    test('processes that open a new place at once both find it ready', async () => {
      const place = await fresh.subject.createEmptyPlace()
      const runs = ['a', 'b', 'c'].map((prefix) =>
        runToEnd(append({ ...fresh, place: () => place }, { prefix, count: 1 })),
      )
      expect(await Promise.all(runs)).toEqual([0, 0, 0])
      const database = await fresh.subject.open(place, { clock: () => 0 })
      expect(await expectWhole(database)).toHaveLength(3)
      await database.close()
      await fresh.subject.removePlace(place)
    })

    test('a write that waits too long for another process is refused, and works later', async () => {
      const other = await fresh.subject.open(fresh.place(), { clock: () => 0, busyMs: 50 })
      const [begun, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const held = fresh.database().write(importer, async (writer) => {
        await changeSomething(writer, 'held')
        begun.resolve()
        await release.promise
        await note(writer, 'held')
      })
      await begun.promise
      const refused = write(other, (writer) => changeSomething(writer, 'other'))
      await expect(refused).rejects.toMatchObject({ code: 'database_busy' })
      release.resolve()
      await held
      await write(other, (writer) => changeSomething(writer, 'other'))
      await other.close()
    })
  })
}

const script = `
const [subjectModule, appendModule, place, prefix, count] = process.argv.slice(1)
const { subject } = await import(subjectModule)
const { appendSessions } = await import(appendModule)
const database = await subject.open(place, { clock: () => 0 })
await appendSessions(database, { prefix, count: Number(count) })
await database.close()
`

function append(
  { subject, place }: { readonly subject: DatabaseUnderTest; readonly place: () => string },
  { prefix, count }: { readonly prefix: string; readonly count: number },
): ChildProcess {
  const typeScript = process.features.typescript ? [] : ['--experimental-strip-types']
  const appendModule = new URL('./_append.ts', import.meta.url).href
  const given = [subject.module, appendModule, place(), prefix, String(count)]
  return spawn(
    process.execPath,
    [...typeScript, '--input-type=module', '--eval', script, ...given],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
}

async function runToEnd(child: ChildProcess): Promise<number | null> {
  child.stdout?.resume()
  const [code] = await once(child, 'exit')
  return code
}

async function readUntil(
  child: ChildProcess,
  { lines, pauseMs }: { readonly lines: number; readonly pauseMs: number },
  into: Set<string>,
): Promise<void> {
  if (!child.stdout) throw new Error('The child has no output to read.')
  let left = lines
  for await (const line of createInterface({ input: child.stdout })) {
    into.add(line)
    left -= 1
    if (left > 0) continue
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    return
  }
}

/** Every session has all its events, each write its audit record, and only staged rows are left over. */
async function expectWhole(database: Database): Promise<string[]> {
  await database.scratch(async (scratch) => {
    for (const { id } of await listStaged(scratch)) await discardTranscript(scratch, id)
  })
  return database.read(async (reader) => {
    const { sessions } = await listSessions(reader, { limit: 100_000 })
    for (const { session, eventCount } of sessions) {
      let events = 0
      for await (const page of streamEvents(reader, session.id)) events += page.length
      expect(events).toBe(eventCount)
    }
    const ids = sessions.map(({ session }) => session.id)
    const signals = await listOutcomeSignals(reader, ids)
    const records = await listAuditRecords(reader, { limit: 1_000_000 })
    expect(records).toHaveLength(sessions.length + signals.length)
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1))
    const leaves = records.map((record) => hashEntry(hash, formatEntry(record)))
    expect(records.map(({ leaf }) => leaf)).toEqual(leaves)
    const chunks = await reader.read.selectFrom('raw_chunks').select('transcript_id').execute()
    expect(chunks).toHaveLength(sessions.length)
    return sessions.map(({ session }) => session.key)
  })
}
