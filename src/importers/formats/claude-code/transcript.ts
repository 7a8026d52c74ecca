import type { EventId } from '../../../core/ids.ts'
import type { JsonObject, Session } from '../../../core/session.ts'
import type { ImportItem, Source } from '../../importer.ts'
import { EventList, makeSessionId, toEventsItem } from '../../session-draft.ts'
import { asObject, asString, asTimestamp } from '../../shape.ts'
import { type Draft, readRecord } from './events.ts'
import type { FileIndex } from './file-index.ts'
import { parentOf, readRecords } from './records.ts'
import { readMerged } from './session-index.ts'

const batchRecords = 500
const batchCharacters = 4 * 1024 * 1024

/** The session of one file. Events come out parent before child; otherwise in file order. */
export async function* readTranscript(source: Source, index: FileIndex): AsyncIterable<ImportItem> {
  const session = describeSession(source, index)
  yield { type: 'session', session }
  const reader = new TranscriptReader(source, index)
  for await (const found of readRecords(source)) {
    if ('note' in found) continue
    if (reader.add(found.record, found.text.length)) yield* reader.flush(session)
  }
  reader.release()
  yield* reader.flush(session)
  for (const [reason, { count, kept }] of reader.skipped) {
    yield { type: 'skipped', reason, count, kept }
  }
  yield { type: 'session_end', session, outcomes: readMerged(source, session) }
}

function describeSession(source: Source, index: FileIndex): Session {
  return {
    id: makeSessionId({ key: index.key, hash: source.hash }),
    key: index.key,
    format: 'claude-code',
    agent: {
      name: index.sidechainFile ? 'claude-code-subagent' : 'claude-code',
      version: index.version,
      model: index.model,
    },
    task: { type: null, id: null },
    title: index.title,
    startedAt: index.startedAt,
    endedAt: index.endedAt,
    status: 'idle',
    principal: null,
    labels: index.labels,
  }
}

interface Waiting {
  readonly record: JsonObject
  readonly ordinal: number
}

class TranscriptReader {
  readonly skipped = new Map<string, { count: number; kept: boolean }>()
  readonly #source: Source
  readonly #index: FileIndex
  readonly #list: EventList
  readonly #calls = new Map<string, EventId>()
  readonly #done = new Set<string>()
  readonly #held = new Map<string, Waiting[]>()
  readonly #names = new Map<string, number>()
  #batch: Waiting[] = []
  #characters = 0
  #ordinal = 0

  constructor(source: Source, index: FileIndex) {
    this.#source = source
    this.#index = index
    this.#list = new EventList({ key: index.key, hash: source.hash })
  }

  /** True when the batch is full. */
  add(record: JsonObject, characters: number): boolean {
    this.#batch.push({ record, ordinal: this.#ordinal })
    this.#ordinal += 1
    this.#characters += characters
    return this.#batch.length >= batchRecords || this.#characters >= batchCharacters
  }

  /** At the end of the file, whatever still waits for a parent goes out in file order. */
  release(): void {
    this.#closing = true
  }
  #closing = false

  async *flush(session: Session): AsyncIterable<ImportItem> {
    const batch = this.#batch
    this.#batch = []
    this.#characters = 0
    const masked = await this.#source.mask(batch.map(({ record }) => record))
    masked.records.forEach((record, at) => {
      const ordinal = batch[at]?.ordinal ?? 0
      this.#place({ record: asObject(record) ?? {}, ordinal })
    })
    if (this.#closing) {
      const left = [...this.#held.values()].flat().toSorted((a, b) => a.ordinal - b.ordinal)
      this.#held.clear()
      for (const waiting of left) this.#emit(waiting)
    }
    const firstOrdinal = batch[0]?.ordinal ?? this.#ordinal
    yield toEventsItem(session.id, this.#list.take(), { ...masked, firstOrdinal })
  }

  /** A child whose parent is still to come waits for it. */
  #place(waiting: Waiting): void {
    const parent = parentOf(waiting.record)
    if (parent !== null && this.#index.uuids.has(parent) && !this.#done.has(parent)) {
      const held = this.#held.get(parent) ?? []
      held.push(waiting)
      this.#held.set(parent, held)
      return
    }
    const ready = [waiting]
    for (let next = ready.shift(); next; next = ready.shift()) {
      this.#emit(next)
      const uuid = asString(next.record.uuid)
      if (uuid === null) continue
      this.#done.add(uuid)
      ready.push(...(this.#held.get(uuid) ?? []))
      this.#held.delete(uuid)
    }
  }

  #emit({ record, ordinal }: Waiting): void {
    const { drafts, skipped } = readRecord(record, {
      index: this.#index,
      ordinal,
      hash: this.#source.hash,
    })
    for (const reason of skipped) {
      const count = (this.skipped.get(reason)?.count ?? 0) + 1
      this.skipped.set(reason, { count, kept: true })
    }
    const uuid = asString(record.uuid)
    const name = this.#nameRecord(uuid ?? this.#source.hash(JSON.stringify(record)).slice(0, 32))
    const branch = uuid !== null && this.#index.abandoned.has(uuid) ? 'abandoned' : 'live'
    const processedAt = asTimestamp(record.timestamp)
    drafts.forEach((draft, part) => {
      const body = this.#resolve(draft)
      const id = this.#list.add({
        name: `${name}#${part}`,
        record: ordinal,
        processedAt,
        branch,
        body,
      })
      if (draft.callId !== undefined) this.#calls.set(draft.callId, id)
    })
  }

  #resolve({ body, answers }: Draft): Draft['body'] {
    if (answers === undefined || !('tool_use_id' in body)) return body
    return { ...body, tool_use_id: this.#calls.get(answers) ?? null }
  }

  /** A uuid may occur twice; the second record gets a name of its own. */
  #nameRecord(name: string): string {
    const times = this.#names.get(name) ?? 0
    this.#names.set(name, times + 1)
    return times === 0 ? name : `${name}~${times}`
  }
}
