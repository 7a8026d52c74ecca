import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import type { Opened } from '../src/cli/surroundings.ts'
import type { ProposedChange } from '../src/core/change/change.ts'
import { makeId } from '../src/core/ids.ts'
import type { IncidentSource } from '../src/core/trust/incident.ts'
import {
  eventId,
  hash,
  memoryStoreId,
  sessionId,
  storeSession,
  write,
} from '../src/storage/_rows.ts'
import { insertChanges } from '../src/storage/changes.ts'
import type { Database } from '../src/storage/database.ts'
import { insertDreamSessions } from '../src/storage/dream-sessions.ts'
import { insertDream } from '../src/storage/dreams.ts'
import { carryOutIncident, planIncident } from '../src/storage/incidents.ts'
import { insertMemory } from '../src/storage/memories.ts'
import { insertMemoryStore } from '../src/storage/memory-stores.ts'
import { inFolder } from './_measure.ts'
import { keepResults } from './_results.ts'

const memories = 2_000
const linesEach = 50
const sessions = 1_000
const principals = 50

/** 100 000 lines, each from a change on two sessions; one of fifty principals is revoked, another erased. */
export function benchLineage(): Promise<void> {
  return inFolder(async (folder) => {
    const opened = await openEmbedded({
      dataDirectory: folder,
      secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
      log: pino({ level: 'silent' }),
      clock: Date.now,
      signal: new AbortController().signal,
    })
    const { database } = opened.context
    await fill(database)
    const source = (name: string): IncidentSource => ({ type: 'principal', name })
    const plan = await time(() =>
      database.read((reader) => planIncident(reader, { kind: 'revocation', source: source('p0') })),
    )
    const revoked = await time(() => carryOut(opened.context, 'revocation', source('p0')))
    const erased = await time(() => carryOut(opened.context, 'erasure', source('p1')))
    await opened.close()
    const items = memories * linesEach
    const { report } = revoked.result
    keepResults('lineage', [
      {
        metric: `what stands on one of ${principals} principals is found among ${items} lines, s`,
        value: plan.seconds,
        goal: '≤ 5',
        reached: plan.seconds <= 5,
      },
      {
        metric: 'it is found and retired, s',
        value: revoked.seconds,
        goal: '≤ 5',
        reached: revoked.seconds <= 5,
        note: `${report.changes} changes, ${report.memories.length} memories written anew`,
      },
      {
        metric: 'another is found and erased, s',
        value: erased.seconds,
        goal: '≤ 5',
        reached: erased.seconds <= 5,
        note: `${erased.result.report.redactedVersions} former versions redacted`,
      },
    ])
  })
}

const carryOut = (
  { database, jobs, newId, clock }: Opened['context'],
  kind: 'revocation' | 'erasure',
  source: IncidentSource,
) =>
  database.write({ type: 'user', id: 'bench' }, (writer) =>
    carryOutIncident(writer, {
      id: makeId('incd', hash, [kind]),
      kind,
      source,
      reason: 'bench',
      outbox: { jobs, newId, now: clock() },
    }),
  )

async function time<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const began = performance.now()
  const result = await work()
  return { seconds: (performance.now() - began) / 1_000, result }
}

async function fill(database: Database): Promise<void> {
  for (let at = 0; at < sessions; at += 1) {
    await storeSession(database, `s${at}`, { session: { principal: `p${at % principals}` } })
  }
  const storeId = memoryStoreId('one')
  await write(database, async (writer) => {
    await insertMemoryStore(writer, { id: storeId, name: 'one', description: '', metadata: {} })
    const dream = await insertDream(writer, { inputStoreId: storeId, inputsHash: 'x', options: {} })
    const refs = Array.from({ length: sessions }, (_, at) => ({
      sessionId: sessionId(`s${at}`),
      transcriptHash: 'h',
    }))
    await insertDreamSessions(writer, dream.id, refs)
    const all: ProposedChange[] = []
    for (let memory = 0; memory < memories; memory += 1) {
      const path = `/m${memory}.md`
      const lines = Array.from({ length: linesEach }, (_, at) => sentence(memory * linesEach + at))
      await insertMemory(writer, {
        storeId,
        path,
        content: `${lines.join('\n')}\n`,
        dreamId: dream.id,
      })
      const changes = lines.map((line, at) => makeChange(path, line, memory * linesEach + at))
      all.push(...changes)
    }
    const rows = all.map((change) => ({
      id: makeId('chg', hash, [change.key]),
      change,
      baseVersionId: null,
    }))
    await insertChanges(writer, dream.id, rows)
  })
}

const sentence = (at: number) =>
  `- Item ${at} of the desk holds for ${at * 7} cases and ${at % 13} days.`

function makeChange(path: string, line: string, at: number): ProposedChange {
  const evidence = [at % sessions, (at * 31 + 7) % sessions].map((session) => ({
    sessionId: sessionId(`s${session}`),
    eventId: eventId(`s${session}`, 0),
    start: 0,
    end: 4,
    text: 'line',
    polarity: 'supports' as const,
    taint: 'agent' as const,
  }))
  return {
    key: `key ${at}`,
    operation: 'add',
    path,
    baseSha256: null,
    edits: [{ start: 0, before: '', after: `${line}\n` }],
    leaves: 'content',
    before: null,
    after: line,
    rationale: 'because',
    grade: 'D',
    findingKeys: [],
    evidence,
    trust: { taint: 'agent', quarantine: [] },
  }
}
