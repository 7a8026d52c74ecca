import { mkdirSync, writeFileSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { openDefaultStore } from '../src/pipeline/memory-store.ts'
import { inFolder } from './_measure.ts'
import { writeSessions } from './_sessions.ts'

const operator = { type: 'user', id: 'bench' } as const
const quiet = () => {}
/** Fewer sessions than threads are started for: everything stands in one profile. */
const sessions = 500
const shown = 15

/** Where a first dream spends its time: folded stacks for a flame graph, and the heaviest functions. */
export async function benchProfile(): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'all.jsonl')
    await writeSessions(path, { sessions, steps: 100 })
    const { context, close } = await openEmbedded({
      dataDirectory: join(folder, 'data'),
      secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
      log: pino({ level: 'silent' }),
      clock: Date.now,
      signal: new AbortController().signal,
    })
    await importPaths(context, [path], quiet)
    const storeId = await openDefaultStore(context, operator)
    const inspector = new Session()
    inspector.connect()
    await inspector.post('Profiler.enable')
    await inspector.post('Profiler.start')
    await dream(context, { storeId, filter: {}, actor: operator }, quiet)
    const { profile } = await inspector.post('Profiler.stop')
    inspector.disconnect()
    await close()
    keep(profile)
  })
}

/** Milliseconds by stack; file names from the project's root, so that no machine stands in them. */
function keep({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): void {
  const root = pathToFileURL(process.cwd()).href
  const nameOf = ({ callFrame }: Profiler.ProfileNode) => {
    const place = callFrame.url.startsWith(root)
      ? callFrame.url.slice(root.length + 1).replace(/^node_modules\/([^/]+).*$/, '$1')
      : callFrame.url.replace(/^.*\//, '')
    return `${callFrame.functionName || 'anonymous'} ${place}`.trim().replaceAll(';', ',')
  }
  const parents = new Map(
    nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])),
  )
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const stacks = new Map<string, number>()
  const self = new Map<string, number>()
  samples.forEach((id, at) => {
    const time = (timeDeltas[at] ?? 0) / 1000
    const names: string[] = []
    for (let node = byId.get(id); node; node = byId.get(parents.get(node.id) ?? -1))
      names.unshift(nameOf(node))
    const stack = names.slice(1).join(';')
    stacks.set(stack, (stacks.get(stack) ?? 0) + time)
    const own = names.at(-1) ?? ''
    self.set(own, (self.get(own) ?? 0) + time)
  })
  const lines = [...stacks].filter(([, time]) => time >= 2).toSorted(([a], [b]) => (a < b ? -1 : 1))
  mkdirSync('bench/results', { recursive: true })
  writeFileSync(
    'bench/results/first-dream.folded',
    lines.map(([stack, time]) => `${stack} ${Math.round(time)}\n`).join(''),
  )
  const heaviest = [...self].toSorted(([, a], [, b]) => b - a).slice(0, shown)
  console.log(`profile of a first dream over ${sessions} sessions × 100 steps, ms by function:`)
  for (const [name, time] of heaviest)
    console.log(`  ${String(Math.round(time)).padStart(6)}  ${name}`)
}
