import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
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

interface Imported {
  readonly parsed: Spent
  readonly imported: Spent
}

type Context = Awaited<ReturnType<typeof openEmbedded>>['context']

async function importAll(context: Context, folder: string): Promise<Imported> {
  const all = join(folder, 'all.jsonl')
  await writeSessions(all, { sessions, steps: 100 })
  const parsed = await parseLines(all)
  const imported = await spend(() => importPaths(context, [all], quiet))
  rmSync(all)
  return { parsed, imported }
}

async function dreamTwice(context: Context, folder: string) {
  const storeId = await openDefaultStore(context, operator)
  let highest = 0
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss())
  }, 100)
  const dreamOnce = async () => {
    highest = 0
    const spent = await spend(() => dream(context, { storeId, filter: {}, actor: operator }, quiet))
    return { spent, rss: Math.max(highest, process.memoryUsage.rss()) }
  }
  const first = await dreamOnce()
  const more = join(folder, 'more.jsonl')
  await writeSessions(more, { sessions: Math.ceil(sessions / 100), steps: 100, from: sessions })
  await importPaths(context, [more], quiet)
  const second = await dreamOnce()
  clearInterval(watch)
  return { first: first.spent, second: second.spent, rss: first.rss, secondRss: second.rss }
}

async function run(folder: string, kept: Imported | null, only: 'import' | 'all'): Promise<void> {
  const { context, close } = await openEmbedded({
    dataDirectory: join(folder, 'data'),
    secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    signal: new AbortController().signal,
  })
  const imported = kept ?? (await importAll(context, folder))
  if (only === 'import') writeFileSync(join(folder, 'imported.json'), JSON.stringify(imported))
  else {
    const dreamt = await dreamTwice(context, folder)
    console.log(JSON.stringify({ sessions, ...imported, ...dreamt }))
  }
  await close()
}

/** With a folder, the first run imports into it and ends, and the second one dreams: a day may be split. */
const [, , , keptFolder] = process.argv
if (keptFolder === undefined) await inFolder((folder) => run(folder, null, 'all'))
else {
  mkdirSync(keptFolder, { recursive: true })
  const path = join(keptFolder, 'imported.json')
  if (existsSync(path)) await run(keptFolder, JSON.parse(readFileSync(path, 'utf8')), 'all')
  else await run(keptFolder, null, 'import')
}
