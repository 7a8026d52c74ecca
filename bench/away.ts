import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findTestPostgres } from '../scripts/test-postgres.ts'
import { Wire } from '../test/_wire.ts'
import { must, send, startLoadedServer } from './_load.ts'
import { inFolder } from './_measure.ts'
import { inSchema } from './_postgres.ts'
import { keepResults, type Row } from './_results.ts'

const seconds = Number(process.env.AWAY_SECONDS ?? 30)

/** A Postgres that is away for half a minute under a client that writes all the time. */
export async function benchAway(): Promise<void> {
  const server = await findTestPostgres()
  if (server === null) return console.log('away: no Postgres answers')
  const { hostname, port } = new URL(server)
  const wire = new Wire(hostname, Number(port))
  await wire.mend()
  const rows = await inSchema((url) => inFolder((folder) => measure(wire, url, folder)))
  await wire.cut()
  if (rows) keepResults('away', rows)
}

async function measure(wire: Wire, schema: string, folder: string): Promise<Row[]> {
  const url = new URL(schema)
  url.hostname = '127.0.0.1'
  url.port = String(wire.port)
  const imported = spawnSync(
    process.execPath,
    ['bin/lucidream.mjs', 'import', 'data/airline/transcripts', '--database-url', schema],
    { stdio: 'ignore', env: { ...process.env, LUCIDREAM_DATA: join(folder, 'data') } },
  )
  if (imported.status !== 0) throw new Error('The import failed.')
  const server = await startLoadedServer(join(folder, 'data'), url.href)
  try {
    const dreamId = await startDream(server)
    const { acknowledged, statuses, back } = await writeThrough(server, wire)
    const ended = await waitForEnd(server, dreamId)
    let lost = 0
    for (const id of acknowledged) {
      if ((await send(server, ['GET', `/v1/memory_stores/${id}`])).status !== 200) lost += 1
    }
    return toRows({ acknowledged: acknowledged.length, lost, statuses, back, ended })
  } finally {
    await server.stop()
  }
}

type Server = Awaited<ReturnType<typeof startLoadedServer>>

async function startDream(server: Server): Promise<string> {
  const store = (await must(server, ['POST', '/v1/memory_stores'], { name: 'dreamt' })) as {
    id: string
  }
  const { id } = (await must(server, ['POST', '/lucid/v1/dreams'], {
    memory_store_id: store.id,
    selector: {},
  })) as { id: string }
  return id
}

/** One write after the other: a second before the cut, through it, and until one succeeds again. */
async function writeThrough(server: Server, wire: Wire) {
  const acknowledged: string[] = []
  const statuses: Record<string, number> = {}
  const began = performance.now()
  let cutAt = 0
  let mendedAt = 0
  for (let n = 0; ; n += 1) {
    const now = performance.now()
    if (cutAt === 0 && now - began > 1_000) {
      await wire.cut()
      cutAt = performance.now()
    }
    if (cutAt > 0 && mendedAt === 0 && now - cutAt > seconds * 1_000) {
      await wire.mend()
      mendedAt = performance.now()
    }
    const { status, body } = await send(server, ['POST', '/v1/memory_stores'], { name: `n${n}` })
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status === 200) acknowledged.push((JSON.parse(body) as { id: string }).id)
    if (status === 200 && mendedAt > 0)
      return { acknowledged, statuses, back: performance.now() - mendedAt }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function waitForEnd(server: Server, id: string) {
  const began = performance.now()
  for (;;) {
    const { status } = (await must(server, ['GET', `/v1/dreams/${id}`])) as { status: string }
    if (status !== 'pending' && status !== 'running')
      return { status, seconds: (performance.now() - began) / 1_000 }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

interface Measured {
  readonly acknowledged: number
  readonly lost: number
  readonly statuses: Readonly<Record<string, number>>
  readonly back: number
  readonly ended: { readonly status: string; readonly seconds: number }
}

function toRows({ acknowledged, lost, statuses, back, ended }: Measured): Row[] {
  const other = Object.keys(statuses).filter((status) => status !== '200' && status !== '503')
  return [
    {
      metric: `Postgres away for ${seconds} s: answers that are neither 200 nor 503`,
      value: other.length,
      n: Object.values(statuses).reduce((sum, one) => sum + one, 0),
      goal: '0',
      reached: other.length === 0,
      note: Object.entries(statuses)
        .map(([status, n]) => `${status}: ${n}`)
        .join(', '),
    },
    {
      metric: 'acknowledged writes that were lost',
      value: lost,
      n: acknowledged,
      goal: '0',
      reached: lost === 0,
    },
    { metric: 'first write after it is back, ms', value: back, goal: null, reached: null },
    {
      metric: 'the dream that was under way',
      value: ended.status,
      goal: 'completed',
      reached: ended.status === 'completed',
      note: `${ended.seconds.toFixed(1)} s after the first write`,
    },
  ]
}
