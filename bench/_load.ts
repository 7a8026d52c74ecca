import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'

/** A server in a process of its own, as an administrator starts it. */
export interface LoadedServer {
  readonly url: URL
  readonly key: string
  readonly process: ChildProcess
  readonly stop: () => Promise<void>
}

const benchKey = 'a key that only measurements use'

export async function startLoadedServer(
  data: string,
  databaseUrl?: string,
  more: readonly string[] = [],
): Promise<LoadedServer> {
  const args = ['bin/lucidream.mjs', 'serve', '--empty', '--port', '0', ...more]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      // A folder named by a flag would win over the database.
      LUCIDREAM_DATA: data,
      LUCIDREAM_BOOTSTRAP_KEY: benchKey.replaceAll(' ', '-'),
      LUCIDREAM_WRITES_PER_MINUTE: '0',
      LUCIDREAM_READS_PER_MINUTE: '0',
      ...(databaseUrl === undefined ? {} : { LUCIDREAM_DATABASE_URL: databaseUrl }),
    },
  })
  if (!child.stderr) throw new Error('The server has no stderr to read its address from.')
  const lines = createInterface({ input: child.stderr })
  for await (const line of lines) {
    const url = /listens on (\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stderr.resume()
    return {
      url: new URL(url),
      key: benchKey.replaceAll(' ', '-'),
      process: child,
      async stop() {
        child.kill('SIGTERM')
        if (child.exitCode === null) await once(child, 'exit')
      },
    }
  }
  throw new Error('The server ended before it listened.')
}

/** Keeps connections, as clients do. */
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

export interface Sent {
  readonly status: number
  readonly body: string
}

export function send(
  { url, key }: Pick<LoadedServer, 'url' | 'key'>,
  [method, path]: readonly [method: string, path: string],
  body?: object,
): Promise<Sent> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        method,
        path,
        host: url.hostname,
        port: url.port,
        headers: {
          'x-api-key': key,
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

/** Refuses to count what did not succeed. */
export async function must(
  server: Pick<LoadedServer, 'url' | 'key'>,
  target: readonly [method: string, path: string],
  body?: object,
): Promise<unknown> {
  const { status, body: text } = await send(server, target, body)
  if (status !== 200)
    throw new Error(`${target.join(' ')} answered ${status}: ${text.slice(0, 300)}`)
  return JSON.parse(text)
}

/** `clients` callers, each one call after the other, for `ms`: calls a second. */
export async function saturate(
  clients: number,
  ms: number,
  call: (turn: number) => Promise<unknown>,
): Promise<number> {
  const began = performance.now()
  let turn = 0
  const client = async () => {
    while (performance.now() - began < ms) {
      turn += 1
      await call(turn)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return (turn * 1_000) / (performance.now() - began)
}

export interface Latencies {
  readonly p50: number
  readonly p99: number
  readonly n: number
}

/**
 * Calls at a fixed rate whatever became of those before, for `ms`; times are taken from when a call was due,
 * so that a stalled server cannot hide its queue.
 */
export async function callAtRate(
  perSecond: number,
  ms: number,
  call: (turn: number) => Promise<unknown>,
): Promise<Latencies> {
  const gap = 1_000 / perSecond
  const began = performance.now()
  const times: number[] = []
  const running = new Set<Promise<unknown>>()
  for (let turn = 0; turn * gap < ms; ) {
    const due = began + turn * gap
    const wait = due - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    // Timers are late by a millisecond or more: all that is due by now goes out at once.
    for (; began + turn * gap <= performance.now() && turn * gap < ms; turn += 1) {
      const dueAt = began + turn * gap
      const one = call(turn).then(() => times.push(performance.now() - dueAt))
      running.add(one)
      one.finally(() => running.delete(one))
    }
  }
  await Promise.all(running)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), n: sorted.length }
}
