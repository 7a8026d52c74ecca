import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import { insertApiKey } from '../src/storage/api-keys.ts'
import { makeApiKey } from '../src/storage/new-api-key.ts'
import { openApi } from '../test/_api.ts'
import { type FuzzResult, runFuzz } from '../test/_fuzz-run.ts'
import { keepResults, type Row } from './_results.ts'

const count = Number(process.env.FUZZ_COUNT ?? 1_000_000)
/** Rows pile up and make requests slow; each round has a database of its own. Four or more tell the heap's growth. */
const perRound = Math.min(100_000, Math.ceil(count / 4))
const seedBase = Number(process.env.FUZZ_SEED ?? 1)

/** Requests made of the API's own schemas, called in process: no 500, no hang, no write on a refusal, no leak. */
export async function benchFuzz(): Promise<void> {
  const byStatus: Record<string, number> = {}
  const heaps: number[] = [measureHeap()]
  const faults: string[] = []
  for (let done = 0; done < count && faults.length === 0; done += perRound) {
    const result = await fuzzOnce(seedBase + done / perRound)
    for (const [status, n] of Object.entries(result.byStatus))
      byStatus[status] = (byStatus[status] ?? 0) + n
    faults.push(...result.faults)
    heaps.push(measureHeap())
    console.log(`fuzz: ${done + perRound} requests, heap ${heaps.at(-1)?.toFixed(1)} MB`)
  }
  for (const fault of faults) console.log(`fuzz: ${fault}`)
  keepResults('fuzz', toRows(byStatus, faults, heaps))
}

async function fuzzOnce(seed: number): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'lucidream-fuzz-'))
  const opened = await openEmbedded({
    dataDirectory: folder,
    secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    signal: new AbortController().signal,
  })
  const { context } = opened
  const { key, row } = makeApiKey(context, { name: 'fuzz', scopes: ['admin'], expiresAt: null })
  await context.database.write({ type: 'user', id: 'bench' }, async (writer) => {
    await insertApiKey(writer, row)
    await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
  })
  try {
    return await runFuzz({
      count: perRound,
      seed,
      database: context.database,
      send: openApi(context, key),
      quiet: true,
      onProgress: (done) => {
        if (done % 10_000 === 0) console.log(`fuzz: seed ${seed}, ${done} requests`)
      },
    })
  } finally {
    await opened.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Megabytes that are still held after a collection; run with --expose-gc. */
function measureHeap(): number {
  if (!globalThis.gc) console.log('fuzz: without --expose-gc the heap holds what nobody needs')
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}

function toRows(
  byStatus: Readonly<Record<string, number>>,
  faults: readonly string[],
  heaps: readonly number[],
): Row[] {
  const n = Object.values(byStatus).reduce((sum, one) => sum + one, 0)
  // The first round loads and compiles everything; growth counts from its end.
  const [, first = 0, ...later] = heaps
  const growth =
    later.length === 0
      ? null
      : (((later.at(-1) ?? 0) - first) / later.length) * (100_000 / perRound)
  return [
    {
      metric: 'requests with a fault: 5xx, no answer, broken envelope or schema, rows after a 4xx',
      value: faults.length,
      n,
      goal: '0',
      reached: faults.length === 0,
      note: Object.entries(byStatus)
        .map(([status, times]) => `${status}: ${times}`)
        .join(', '),
    },
    {
      metric: 'heap after a collection grows per 100 000 requests, MB',
      value: growth ?? 'one round only',
      n: later.length * perRound,
      goal: growth === null ? null : '≤ 5',
      reached: growth === null ? null : growth <= 5,
      note: `${heaps.map((heap) => heap.toFixed(1)).join(', ')} MB before and after each round`,
    },
  ]
}
