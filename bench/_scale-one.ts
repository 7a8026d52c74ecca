import { createReadStream, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { openDefaultStore } from '../src/pipeline/memory-store.ts'
import { inFolder, type Spent, spend } from './_measure.ts'
import { writeSessions } from './_sessions.ts'

/** One size in a process of its own, so that what it holds is its own: `node bench/_scale-one.ts 1000`. */
const sessions = Number(process.argv[2])
const operator = { type: 'user', id: 'bench' } as const
const quiet = () => {}

/** The reference: `JSON.parse` of every line, reading not counted; of 10 000 sessions at most, the rest in proportion. */
async function parseLines(path: string): Promise<Spent> {
  const total = { wall: 0, cpu: 0 }
  let lines: string[] = []
  let count = 0
  const parse = async () => {
    const { wall, cpu } = await spend(() => {
      for (const line of lines) JSON.parse(line)
    })
    total.wall += wall
    total.cpu += cpu
    count += lines.length
    lines = []
  }
  for await (const line of createInterface({ input: createReadStream(path) })) {
    lines.push(line)
    if (lines.length === 500) await parse()
    if (count === 10_000) break
  }
  await parse()
  const share = sessions / count
  return { wall: total.wall * share, cpu: total.cpu * share }
}

await inFolder(async (folder) => {
  const [all, more] = [join(folder, 'all.jsonl'), join(folder, 'more.jsonl')]
  await writeSessions(all, { sessions, steps: 100 })
  await writeSessions(more, { sessions: Math.ceil(sessions / 100), steps: 100, from: sessions })
  const { context, close } = await openEmbedded({
    dataDirectory: join(folder, 'data'),
    secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    signal: new AbortController().signal,
  })
  const storeId = await openDefaultStore(context, operator)
  let highest = 0
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss())
  }, 100)
  const dreamOnce = () => dream(context, { storeId, filter: {}, actor: operator }, quiet)
  const parsed = await parseLines(all)
  const imported = await spend(() => importPaths(context, [all], quiet))
  rmSync(all)
  highest = 0
  const first = await spend(dreamOnce)
  const rss = Math.max(highest, process.memoryUsage.rss())
  await importPaths(context, [more], quiet)
  highest = 0
  const second = await spend(dreamOnce)
  const secondRss = Math.max(highest, process.memoryUsage.rss())
  clearInterval(watch)
  await close()
  console.log(JSON.stringify({ sessions, parsed, imported, first, second, rss, secondRss }))
})
