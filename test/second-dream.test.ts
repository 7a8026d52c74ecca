import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { openEmbedded } from '../src/app.ts'
import type { Opened } from '../src/cli/surroundings.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { openDefaultStore } from '../src/pipeline/memory-store.ts'
import { listChanges } from '../src/storage/changes.ts'
import { listFindings } from '../src/storage/findings.ts'

const actor = { type: 'user', id: 'test' } as const
const quiet = () => {}
const tools = ['get_order', 'find_user', 'update_order', 'send_mail', 'list_items']

interface Made {
  readonly index: number
  readonly steps: number
}

/** An OpenAI chat with calls that succeed and fail, some of them more often where the session fails. */
function makeSession({ index, steps }: Made): object {
  const random = seededRandom(index + 1)
  // The outcome is of the session and not of how much of it is known.
  const success = seededRandom(index + 5_000)() < 0.6
  const pick = () =>
    !success && random() < 0.2 ? 'send_mail' : (tools[Math.floor(random() * tools.length)] ?? '')
  const calls = Array.from({ length: steps }, (_, step) => {
    const [name, failed] = [pick(), random() < 0.15]
    const id = `call_${step}`
    const input = JSON.stringify({ order_id: `O${Math.floor(random() * 9)}`, note: pick() })
    const content = failed
      ? `Error: order ${step} is locked by user ${index}`
      : JSON.stringify({ item_code: `K${step % 3}`, stock: index % 2, at: random() })
    const call = { id, type: 'function', function: { name, arguments: input } }
    return [
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: id, content },
    ]
  })
  return {
    id: `s${index}`,
    task_id: `task-${index % 7}`,
    task_type: `type-${index % 2}`,
    model: `model-${index % 3}`,
    user_id: `user-${index % 11}`,
    reward: success ? 1 : 0,
    messages: [{ role: 'user', content: `Please help me with order ${index}.` }, ...calls.flat()],
  }
}

const range = (from: number, to: number, steps = 8): Made[] =>
  Array.from({ length: to - from }, (_, at) => ({ index: from + at, steps }))

/** Opens a database of its own, clock standing still. */
async function inDatabase<T>(use: (opened: Opened, folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lucidream-second-'))
  const opened = await openEmbedded({
    dataDirectory: join(folder, 'data'),
    secrets: { maskKey: 'a key for tests', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock: () => Date.parse('2026-11-24T04:00:00.000Z'),
    signal: new AbortController().signal,
  })
  try {
    return await use(opened, folder)
  } finally {
    await opened.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Imports the waves one behind the other with a dream behind each; what the last one found, as text. */
function dreamOver(waves: readonly (readonly Made[])[]): Promise<string> {
  return inDatabase(async ({ context }, folder) => {
    const storeId = await openDefaultStore(context, actor)
    let found = ''
    for (const [number, wave] of waves.entries()) {
      const path = join(folder, `wave-${number}.jsonl`)
      writeFileSync(path, wave.map((one) => `${JSON.stringify(makeSession(one))}\n`).join(''))
      await importPaths(context, [path], quiet)
      const { report } = await dream(context, { storeId, filter: {}, actor }, quiet)
      found = await context.database.read(async (reader) => {
        const findings = await listFindings(reader, report.dreamId)
        const changes = await listChanges(reader, report.dreamId)
        const { dreamId: _, outputStoreId: __, inputStoreId: ___, ...rest } = report
        return JSON.stringify({
          findings: findings.map(({ finding }) => finding),
          changes: changes.map(({ change }) => change),
          report: rest,
        })
      })
    }
    return found
  })
}

/** Byte for byte; what differs is shown as JSON, because the texts are long. */
function expectSame(one: string, other: string): void {
  expect(JSON.parse(one)).toEqual(JSON.parse(other))
  expect(one === other).toBe(true)
}

describe('a second dream', () => {
  it.each([
    ['few sessions', 12, 13],
    ['more than are stored together', 140, 150],
    ['hundreds', 400, 404],
  ])(
    'over %s and some new ones finds, byte for byte, what one over all of them finds',
    async (_, old, all) => {
      const together = await dreamOver([range(0, all)])
      expect(JSON.parse(together).report.read.sessions).toBe(all)
      expectSame(await dreamOver([range(0, old), range(old, all)]), together)
    },
  )

  it('finds the same whatever came first', async () => {
    const together = await dreamOver([range(0, 60)])
    expectSame(await dreamOver([range(40, 60), range(0, 20), range(20, 40)]), together)
    expectSame(await dreamOver([range(0, 60).toReversed()]), together)
  })

  it('finds what the longer transcript shows where one was replaced', async () => {
    const longer = range(5, 9, 14)
    const others = range(0, 80).filter(({ index }) => !longer.some((one) => one.index === index))
    const together = await dreamOver([[...others, ...longer]])
    expectSame(await dreamOver([range(0, 80), longer]), together)
  })
})
