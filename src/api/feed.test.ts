import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SessionId } from '../core/ids.ts'
import { hash, makeSession, write } from '../storage/_rows.ts'
import type { Database } from '../storage/database.ts'
import { importedEnvironment } from '../storage/environments.ts'
import { appendSessionEvents } from '../storage/live-events.ts'
import { insertLiveSession } from '../storage/live-sessions.ts'
import { SessionWakes } from '../storage/session-wakes.ts'
import { openSqlite } from '../storage/sqlite/open.ts'
import { Feed } from './feed.ts'

let folder: string
let database: Database
let wakes: SessionWakes
let feed: Feed
let id: SessionId
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lucidream-feed-'))
  database = await openSqlite({
    path: join(folder, 'lucidream.db'),
    clock: () => 0,
    hash,
    salt: () => '0'.repeat(32),
  })
  wakes = new SessionWakes()
  feed = new Feed({ database, wakes, hash, pollMs: 20, pingMs: 40, maxBehind: 500 })
  const session = makeSession('watched')
  id = session.id
  await write(database, (writer) =>
    insertLiveSession(writer, {
      session,
      agent: { id: 'agent_a' as never, version: 1, snapshot: null },
      environmentId: importedEnvironment,
    }),
  )
})
afterEach(async () => {
  feed.close()
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

const append = (count: number, words = 'x') =>
  database.write({ type: 'user', id: 'x' }, (writer) =>
    appendSessionEvents(
      writer,
      id,
      Array.from({ length: count }, () => ({
        type: 'agent.message',
        content: [{ type: 'text', text: words }],
      })),
    ),
  )

/** The frames of a stream, as they come. */
async function* readFrames(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of stream.pipeThrough(new TextDecoderStream() as never)) {
    const parts = `${rest}${text}`.split('\n\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}

const isEvent = (frame: string) => !frame.startsWith('event: ping')

async function takeEvents(frames: AsyncGenerator<string>, count: number): Promise<string[]> {
  const taken: string[] = []
  while (taken.length < count) {
    const { value, done } = await frames.next()
    if (done) break
    if (isEvent(value)) taken.push(value)
  }
  return taken
}

const countIds = (frames: readonly string[]) =>
  new Set(frames.map((frame) => /"id":"(\w+)"/.exec(frame)?.[1])).size

describe('the feed', () => {
  test('finds by itself what another process appended', async () => {
    const frames = readFrames(await feed.open(id))
    await append(3)
    const [first] = await takeEvents(frames, 3)
    expect(first).toMatch(/^event: agent\.message\ndata: \{"id":"sevt_/)
  })

  test('sends a ping at once and while nothing happens', async () => {
    const frames = readFrames(await feed.open(id))
    for (let count = 0; count < 3; count += 1) {
      expect((await frames.next()).value).toMatch(/^event: ping\n/)
    }
  })

  test('carries only what came after it was opened, to each reader once', async () => {
    await append(5)
    const streams = await Promise.all(Array.from({ length: 20 }, () => feed.open(id)))
    const reading = streams.map((stream) => takeEvents(readFrames(stream), 40))
    for (let round = 0; round < 8; round += 1) {
      await append(5)
      wakes.ring(id)
    }
    for (const frames of await Promise.all(reading)) expect(countIds(frames)).toBe(40)
  })

  test('reads on from the database for a reader that fell behind what is kept', async () => {
    const patient = new Feed({ database, wakes, hash, maxBehind: 10_000 })
    const stream = await patient.open(id)
    for (let round = 0; round < 5; round += 1) {
      await append(500, 'y'.repeat(1_000))
      wakes.ring(id)
    }
    expect(countIds(await takeEvents(readFrames(stream), 2_500))).toBe(2_500)
    patient.close()
  })

  test('gives up a reader that is too slow, holds little of it, and says so to it', async () => {
    const slow = await feed.open(id)
    const quick = readFrames(await feed.open(id))
    for (let round = 0; round < 15; round += 1) {
      await append(100, 'z'.repeat(1_000))
      wakes.ring(id)
      expect(await takeEvents(quick, 100)).toHaveLength(100)
    }
    await expect.poll(() => feed.size).toBe(1)
    const frames: string[] = []
    for await (const frame of readFrames(slow)) frames.push(frame)
    // Its buffer and no more: a fraction of the 1.5 MB that were sent.
    expect(frames.join('').length).toBeLessThan(300_000)
    expect(frames.at(-1)).toMatch(/^event: error\n.*overloaded_error/)
  })

  test('forgets a session that nobody watches any more', async () => {
    const stream = await feed.open(id)
    expect(feed.size).toBe(1)
    await stream.cancel()
    expect(feed.size).toBe(0)
  })
})
