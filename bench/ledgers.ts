import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import type { ExposureId, OutcomeSignalId } from '../src/core/ids.ts'
import { parseItems } from '../src/core/items/items.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { hash, memoryStoreId, write } from '../src/storage/_rows.ts'
import { inBatches } from '../src/storage/batches.ts'
import type { Database, Writer } from '../src/storage/database.ts'
import { insertMemory } from '../src/storage/memories.ts'
import { insertMemoryStore } from '../src/storage/memory-stores.ts'
import { putOutcomeDefinition } from '../src/storage/outcome-definitions.ts'
import { insertFrame } from '../src/storage/withholding.ts'
import { viewWithholding } from '../src/storage/withholding-view.ts'
import { inFolder } from './_measure.ts'
import { keepResults } from './_results.ts'

const units = 100_000
const itemCount = 60
const share = 0.1
const storeId = memoryStoreId('one')
const from = Date.parse('2026-01-01T00:00:00Z')
const minute = 60_000

/** What each of 60 items was worth over 100 000 units, from rows alone. */
export function benchLedgers(): Promise<void> {
  return inFolder(async (folder) => {
    const clock = { ms: from }
    const opened = await openEmbedded({
      dataDirectory: folder,
      secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
      log: pino({ level: 'silent' }),
      clock: () => clock.ms,
      signal: new AbortController().signal,
    })
    const { database } = opened.context
    await fill(database)
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    let [highest, slowest, last] = [before, 0, performance.now()]
    const watch = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage().rss)
      slowest = Math.max(slowest, performance.now() - last - 5)
      last = performance.now()
    }, 5)
    const [began, used] = [performance.now(), process.cpuUsage()]
    const { ledgers } = await database.read(({ read }) =>
      viewWithholding({ read, hash }, { storeId, goal: 'solved', now: from + 10 * units * minute }),
    )
    const seconds = (performance.now() - began) / 1_000
    const spent = process.cpuUsage(used)
    const cpu = (spent.user + spent.system) / 1e6
    clearInterval(watch)
    await opened.close()
    const harmful = ledgers?.items.filter(({ verdict }) => verdict === 'harmful') ?? []
    const helpful = ledgers?.items.filter(({ verdict }) => verdict === 'helpful') ?? []
    const grown = (highest - before) / 1e6
    keepResults('ledgers', [
      {
        metric: `ledgers of ${itemCount} items over ${ledgers?.units} units, s`,
        value: seconds,
        n: units,
        goal: null,
        reached: null,
        note: `${cpu.toFixed(1)} s of CPU time`,
      },
      { metric: 'memory grows by, MB', value: grown, goal: '≤ 200', reached: grown <= 200 },
      {
        metric: 'longest time in which the process answered nobody else, ms',
        value: slowest,
        goal: null,
        reached: null,
      },
      {
        metric: 'items found: one helps by 5 points, one harms by 5, of 58 that do nothing',
        value: `${helpful.length} helpful, ${harmful.length} harmful`,
        goal: 'those two',
        reached:
          helpful.every(({ text }) => text === line(0)) &&
          harmful.every(({ text }) => text === line(1)) &&
          helpful.length + harmful.length === 2,
      },
    ])
  })
}

const line = (at: number) => `- Rule number ${at} says what to do in case ${at}.`

async function fill(database: Database): Promise<void> {
  const random = seededRandom(5)
  const content = Array.from({ length: itemCount }, (_, at) => `${line(at)}\n`).join('')
  const document = { path: '/rules.md', content, contentSha256: hash(content) }
  const items = parseItems(document, hash).map(({ id, path }) => ({ id, path }))
  const frame = hash('frame')
  await write(database, async (writer) => {
    await insertMemoryStore(writer, { id: storeId, name: 'one', description: '', metadata: {} })
    await insertMemory(writer, { storeId, path: document.path, content })
    await insertFrame(writer, { storeId, contentHash: frame, items })
    await putOutcomeDefinition(writer, {
      name: 'solved',
      signals: [{ kind: 'solved', source: null, weight: 1 }],
      combine: 'last',
      revisedBy: ['kind', 'source', 'principal'],
      when: null,
      minConfidence: 'strong',
      requireSigned: false,
      passAt: null,
      deadlines: { standard: 86_400_000, byTaskType: {} },
      cap: { share: 0.5, windowMs: 604_800_000, minimum: 10 },
    })
  })
  for (const ordinals of inBatches([...Array(units).keys()], 5_000)) {
    await write(database, async (writer) => {
      for (const some of inBatches(ordinals, 500)) {
        await insertUnits(
          writer,
          some.map((at) => {
            const withheld = items.filter(() => random() < share).map(({ id }) => id)
            const effect = (of: number, by: number) =>
              withheld.includes(items[of]?.id ?? '') ? -by : 0
            const rate = 0.6 + effect(0, 0.05) + effect(1, -0.05)
            return { at, log: { share, frame, items: withheld }, success: random() < rate }
          }),
        )
      }
    })
  }
}

interface Unit {
  readonly at: number
  readonly log: object
  readonly success: boolean
}

/** Each read once and was told of by one of a hundred persons, so that the cap is counted as well. */
async function insertUnits(writer: Writer, some: readonly Unit[]): Promise<void> {
  const moment = (at: number, later = 0) =>
    new Date(from + (10 * at + later) * minute).toISOString()
  const name = (at: number) => String(at).padStart(6, '0')
  await writer.write
    .insertInto('exposures')
    .values(
      some.map(({ at, log }) => ({
        id: `expo_${name(at)}` as ExposureId,
        store_id: storeId,
        experiment_id: null,
        unit_ordinal: null,
        unit: `u${at}`,
        arm: null,
        session_id: null,
        content_hash: 'x',
        via: 'checkout' as const,
        withheld: JSON.stringify(log),
        assigned_at: moment(at),
        delivered_at: moment(at),
        confirmed_at: null,
      })),
    )
    .execute()
  await writer.write
    .insertInto('outcome_signals')
    .values(
      some.map(({ at, success }) => ({
        id: `osig_${name(at)}` as OutcomeSignalId,
        session_id: null,
        kind: 'solved',
        value: null,
        success: success ? (1 as const) : (0 as const),
        components: '{}',
        decided_at: null,
        source: 'bench',
        created_at: moment(at, 30),
        principal: `p${at % 100}`,
        idempotency_key: `k${at}`,
      })),
    )
    .execute()
  await writer.write
    .insertInto('signal_joins')
    .values(
      some.map(({ at }) => ({
        signal_id: `osig_${name(at)}` as OutcomeSignalId,
        ordinal: 0,
        session_id: null,
        exposure_id: `expo_${name(at)}` as ExposureId,
        via: 'exposure_id',
        confidence: 'exact' as const,
        created_at: moment(at, 30),
      })),
    )
    .execute()
}
