import { get } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { callAtRate, type LoadedServer, must, saturate, send, startLoadedServer } from './_load.ts'
import { inFolder } from './_measure.ts'
import { keepResults, type Row } from './_results.ts'

const batch = 100
const clients = 32
const seconds = Number(process.env.LOAD_SECONDS ?? 5)
/** Notes in the store that reads, lists and searches meet; the reference allows 2 000 a store. */
const notes = 1_000

/** A server under load, each figure beside the bare database's own in the same run. */
export async function benchLoad(): Promise<void> {
  const rows = await inFolder(async (folder) => {
    const bare = measureBareAppends(folder)
    const server = await startLoadedServer(join(folder, 'data'))
    try {
      return [
        ...(await measureAppends(server, bare)),
        ...(await measureMemory(server)),
        ...(await measureUploads(server)),
        ...(await measureStreams(server)),
      ]
    } finally {
      await server.stop()
    }
  })
  keepResults('load', rows)
}

const eventText = 'The reservation was changed and the customer was told so. '.repeat(14)

const makeEvent = (turn: number) => ({
  type: 'agent.message',
  content: [{ type: 'text', text: `${turn} ${eventText}` }],
})

/** The same rows by the same SQLite, nothing around it: one transaction a batch, each on the disk. */
function measureBareAppends(folder: string): number {
  const database = new DatabaseSync(join(folder, 'bare.db'))
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (session INTEGER, seq INTEGER, id TEXT, type TEXT, at TEXT, body TEXT, PRIMARY KEY (session, seq)) STRICT; CREATE UNIQUE INDEX by_id ON events (session, id)',
  )
  const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)')
  const began = performance.now()
  let seq = 0
  while (performance.now() - began < seconds * 1_000) {
    database.exec('BEGIN IMMEDIATE')
    for (let i = 0; i < batch; i += 1) {
      seq += 1
      const body = JSON.stringify(makeEvent(seq))
      insert.run(seq % clients, seq, `sevt_${seq}`, 'agent.message', '2026-11-25T00:00:00Z', body)
    }
    database.exec('COMMIT')
  }
  const rate = (seq * 1_000) / (performance.now() - began)
  database.close()
  return rate
}

async function createSession(server: LoadedServer, key: string): Promise<string> {
  const made = (await must(server, ['POST', '/lucid/v1/sessions'], {
    key,
    agent: { name: 'load' },
  })) as { id: string }
  return made.id
}

async function measureAppends(server: LoadedServer, bare: number): Promise<Row[]> {
  const sessions = await Promise.all(
    Array.from({ length: clients }, (_, i) => createSession(server, `load-${i}`)),
  )
  const rate = await saturate(clients, seconds * 1_000, (turn) => {
    const events = Array.from({ length: batch }, (_, i) => makeEvent(turn * batch + i))
    return must(server, ['POST', `/lucid/v1/sessions/${sessions[turn % clients]}/events`], {
      events,
    })
  })
  const single = await saturate(clients, seconds * 1_000, (turn) =>
    must(server, ['POST', `/lucid/v1/sessions/${sessions[turn % clients]}/events`], {
      events: [makeEvent(turn)],
    }),
  )
  const events = rate * batch
  return [
    {
      metric: 'event append over HTTP, batches of 100, events/s',
      value: events,
      goal: null,
      reached: null,
      note: `bare SQLite ${Math.round(bare)}/s in the same run`,
    },
    {
      metric: 'event append over HTTP / bare database',
      value: events / bare,
      goal: '≥ 0.5',
      reached: events / bare >= 0.5,
    },
    {
      metric: 'event append over HTTP, one event a request, requests/s',
      value: single,
      goal: null,
      reached: null,
      note: `${clients} clients, each durable before its answer`,
    },
  ]
}

async function measureMemory(server: LoadedServer): Promise<Row[]> {
  const store = (await must(server, ['POST', '/v1/memory_stores'], { name: 'load' })) as {
    id: string
  }
  const base = `/v1/memory_stores/${store.id}/memories`
  const made: { id: string; content_sha256: string }[] = []
  for (let i = 0; i < notes; i += 1) {
    const body = { path: `/notes/${i % 20}/${i}.md`, content: `- note ${i}: ${words(i)}\n` }
    made.push((await must(server, ['POST', base], body)) as (typeof made)[number])
  }
  const pick = (turn: number) => made[(turn * 7_919) % made.length] as (typeof made)[number]
  const update = async (turn: number) => {
    const memory = pick(turn)
    const { status, body } = await send(server, ['POST', `${base}/${memory.id}`], {
      content: `- note: ${words(turn)} ${turn}\n`,
      precondition: { type: 'content_sha256', content_sha256: memory.content_sha256 },
    })
    // Another client was first: that refusal is the answer that was asked for.
    if (status === 200) memory.content_sha256 = (JSON.parse(body) as typeof memory).content_sha256
    else if (status !== 409) throw new Error(`conditional update answered ${status}: ${body}`)
  }
  const kinds: Record<string, (turn: number) => Promise<unknown>> = {
    read: (turn) => must(server, ['GET', `${base}/${pick(turn).id}`]),
    list: (turn) => must(server, ['GET', `${base}?path_prefix=/notes/${turn % 20}/&limit=50`]),
    search: (turn) =>
      must(server, ['GET', `/lucid/v1/search?in=memories&q=${words(turn).split(' ')[1]}&limit=10`]),
    'conditional update': update,
  }
  const rows: Row[] = []
  for (const [kind, call] of Object.entries(kinds)) {
    const most = await saturate(clients, seconds * 1_000, call)
    const { p50, p99, n } = await callAtRate(most / 2, seconds * 1_000, call)
    const limited = kind !== 'conditional update'
    rows.push({
      metric: `memory ${kind}: p99 at 50 % load, ms`,
      value: p99,
      n,
      goal: limited ? '≤ 10' : null,
      reached: limited ? p99 <= 10 : null,
      note: `p50 ${p50.toFixed(2)} ms; saturated at ${Math.round(most)} requests/s; ${notes} notes`,
    })
  }
  return rows
}

const vocabulary =
  'refund baggage upgrade cabin voucher insurance passenger reservation delay payment certificate route seat status change cancel agent policy membership weather'.split(
    ' ',
  )

const words = (turn: number) =>
  Array.from({ length: 12 }, (_, i) => vocabulary[(turn * 31 + i * 17) % vocabulary.length]).join(
    ' ',
  )

/** As the official client's memory sync does: 16 at a time and more, creations and conditional updates mixed. */
async function measureUploads(server: LoadedServer): Promise<Row[]> {
  const store = (await must(server, ['POST', '/v1/memory_stores'], { name: 'uploads' })) as {
    id: string
  }
  const base = `/v1/memory_stores/${store.id}/memories`
  const files = 640
  let next = 0
  const began = performance.now()
  const client = async () => {
    for (let file = next++; file < files; file = next++) {
      const made = (await must(server, ['POST', base], {
        path: `/f/${file}.md`,
        content: `${file}\n`,
      })) as { id: string; content_sha256: string }
      await must(server, ['POST', `${base}/${made.id}`], {
        content: `${file} again\n`,
        precondition: { type: 'content_sha256', content_sha256: made.content_sha256 },
      })
    }
  }
  await Promise.all(Array.from({ length: 32 }, client))
  const elapsed = (performance.now() - began) / 1_000
  let found = 0
  for (let page: string | null = ''; page !== null; ) {
    const list = (await must(server, [
      'GET',
      `${base}?limit=100${page === '' ? '' : `&page=${page}`}`,
    ])) as { data: unknown[]; next_page: string | null }
    found += list.data.length
    page = list.next_page
  }
  return [
    {
      metric: '32 parallel uploads, each created and then updated: files/s',
      value: files / elapsed,
      n: files,
      goal: null,
      reached: null,
    },
    {
      metric: '32 parallel uploads: files lost',
      value: files - found,
      n: files,
      goal: '0',
      reached: files === found,
    },
  ]
}

/** Streams open at once; each must get each of its events exactly once. */
async function measureStreams(server: LoadedServer): Promise<Row[]> {
  const streams = Number(process.env.LOAD_STREAMS ?? 1_000)
  const rounds = 20
  const session = await createSession(server, 'streams')
  const received = new Array<number>(streams).fill(0)
  const open = Array.from({ length: streams }, (_, i) =>
    openStream(server, session, () => {
      received[i] = (received[i] ?? 0) + 1
    }),
  )
  const connections = await Promise.all(open)
  const began = performance.now()
  for (let round = 0; round < rounds; round += 1) {
    await must(server, ['POST', `/lucid/v1/sessions/${session}/events`], {
      events: [makeEvent(round)],
    })
  }
  const wanted = streams * rounds
  const deadline = performance.now() + 60_000
  while (received.reduce((sum, n) => sum + n, 0) < wanted && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const elapsed = (performance.now() - began) / 1_000
  const whole = received.filter((n) => n === rounds).length
  for (const connection of connections) connection.destroy()
  return [
    {
      metric: `SSE, ${streams} open streams: streams that got each of ${rounds} events once`,
      value: whole,
      n: streams,
      goal: `${streams}`,
      reached: whole === streams,
    },
    {
      metric: `SSE, ${streams} open streams: messages delivered a second`,
      value: received.reduce((sum, n) => sum + n, 0) / elapsed,
      goal: null,
      reached: null,
    },
  ]
}

function openStream(server: LoadedServer, session: string, onEvent: () => void) {
  return new Promise<ReturnType<typeof get>>((resolve, reject) => {
    const connection = get(
      {
        host: server.url.hostname,
        port: server.url.port,
        path: `/v1/sessions/${session}/events/stream`,
        headers: { 'x-api-key': server.key },
        agent: false,
      },
      (response) => {
        if (response.statusCode !== 200)
          return reject(new Error(`stream answered ${response.statusCode}`))
        response.setEncoding('utf8')
        let rest = ''
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) if (line === 'event: agent.message') onEvent()
        })
        resolve(connection)
      },
    )
    connection.on('error', reject)
  })
}
