import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { openDefaultStore } from '../src/pipeline/memory-store.ts'
import { inFolder } from './_measure.ts'
import { writeSessions } from './_sessions.ts'

/** One size in a process of its own, so that what it holds is its own: `node bench/_scale-one.ts 1000`. */
const sessions = Number(process.argv[2])
const operator = { type: 'user', id: 'bench' } as const
const quiet = () => {}

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
  const timed = async (work: () => Promise<unknown>) => {
    const began = performance.now()
    await work()
    return (performance.now() - began) / 1000
  }
  const imported = await timed(() => importPaths(context, [all], quiet))
  rmSync(all)
  highest = 0
  const first = await timed(() => dream(context, { storeId, filter: {}, actor: operator }, quiet))
  const firstRss = Math.max(highest, process.memoryUsage.rss())
  await importPaths(context, [more], quiet)
  const second = await timed(() => dream(context, { storeId, filter: {}, actor: operator }, quiet))
  clearInterval(watch)
  await close()
  console.log(JSON.stringify({ sessions, imported, first, second, rss: firstRss }))
})
