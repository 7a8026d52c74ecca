import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MemoryDocument } from '../src/core/memory.ts'
import type { QuotedCase } from '../src/core/mining/case.ts'
import { type OutcomeSignal, sessionOutcome } from '../src/core/outcome/signal.ts'
import type { Session, SessionEvent } from '../src/core/session.ts'
import { startDigest } from '../src/core/transcript/digester.ts'
import { quoteCited } from '../src/core/transcript/quote.ts'
import type { Mask } from '../src/importers/importer.ts'
import { openTranscript } from '../src/importers/open.ts'
import { readTaskMap } from '../src/pipeline/task-map.ts'

export const hash = (text: string) => createHash('sha256').update(text).digest('hex')
export const noMask: Mask = async (records) => ({ records, secrets: records.map(() => 0) })

export interface ReadSession {
  readonly session: Session
  readonly events: readonly SessionEvent[]
  readonly outcomes: readonly OutcomeSignal[]
}

export interface ReadFile {
  readonly format: string
  readonly sessions: readonly ReadSession[]
  readonly skipped: Readonly<Record<string, number>>
  readonly records: number
}

/** One transcript file as an importer gives it. */
export async function readTranscriptFile(path: string): Promise<ReadFile> {
  const { taskIds } = await readTaskMap(path, hash)
  const transcript = await openTranscript(path, { mask: noMask, hash, taskIds })
  const sessions: ReadSession[] = []
  const skipped: Record<string, number> = {}
  let events: SessionEvent[] = []
  let records = 0
  for await (const item of transcript.items) {
    if (item.type === 'session') events = []
    else if (item.type === 'events') {
      events.push(...item.events)
      records += item.records.length
    } else if (item.type === 'session_end') {
      sessions.push({ session: item.session, events, outcomes: item.outcomes })
    } else skipped[item.reason] = (skipped[item.reason] ?? 0) + item.count
  }
  return { format: transcript.format, sessions, skipped, records }
}

export const airlineTranscripts = 'data/airline/transcripts'
export const airlineMemory = 'data/airline/memory'

export async function readAirlineSessions(): Promise<ReadSession[]> {
  const names = readdirSync(airlineTranscripts)
    .filter((name) => name.endsWith('.gz'))
    .toSorted()
  const files = await Promise.all(
    names.map((name) => readTranscriptFile(join(airlineTranscripts, name))),
  )
  return files.flatMap((file) => file.sessions)
}

export function toCase({ session, events, outcomes }: ReadSession): QuotedCase {
  const digester = startDigest(session, { hash })
  for (const event of events) digester.add(event)
  const { trace } = digester.finish(hash(session.key))
  const quote: QuotedCase['quote'] = (of, at) => {
    const event = events.find(({ seq }) => seq === at)
    return event ? quoteCited(session.id, event, of) : null
  }
  return { trace, quote, ...sessionOutcome(outcomes) }
}

export function readAirlineMemory(): MemoryDocument[] {
  return readdirSync(airlineMemory)
    .toSorted()
    .map((name) => {
      const content = readFileSync(join(airlineMemory, name), 'utf8')
      return { path: `/${name}`, content, contentSha256: hash(content) }
    })
}

/** The larger set of real transcripts, which is not part of the repository. */
export const sharedData = '../shared/data'
