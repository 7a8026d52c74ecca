import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gunzipSync } from 'node:zlib'
import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import { receiveDelivery } from '../src/pipeline/receive/receive.ts'
import { type LoadedServer, must, saturate, startLoadedServer } from './_load.ts'
import { inFolder } from './_measure.ts'
import { keepResults, type Row } from './_results.ts'

const clients = 32
const seconds = Number(process.env.RECEIVE_SECONDS ?? 5)
const rounds = 3
/** Mapped at most so long a provider: what was received in seconds may take minutes to map. */
const mappingSeconds = 2 * seconds

const secret = randomBytes(32)

/** One delivery that no other is equal to, signed. */
interface Delivery {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
type Write = (turn: number) => Delivery

const sample = gunzipSync(readFileSync('test/receive/github-sample.jsonl.gz'))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { event: string; payload: Record<string, unknown> })
const closed = sample.find(
  ({ event, payload }) => event === 'pull_request' && payload.action === 'closed',
)
const closedText = JSON.stringify(closed?.payload).slice(1)

/** As GitHub tells of a closed pull request, 24 KB. */
const writeGitHub: Write = (turn) => {
  const body = `{"turn":${turn},${closedText}`
  return {
    body,
    headers: {
      'x-github-event': 'pull_request',
      'x-github-delivery': `delivery-${turn}`,
      'x-hub-signature-256': `sha256=${createHmac('sha256', githubSecret).update(body).digest('hex')}`,
    },
  }
}
/** GitHub signs with the text of its secret. */
const githubSecret = secret.toString('hex')

/** One signal in the envelope of Standard Webhooks, 300 bytes. */
const writeStandard: Write = (turn) => {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const id = `msg_${turn}`
  const data = {
    kind: 'ticket_resolved',
    success: turn % 3 !== 0,
    subjects: [{ type: 'conversation_id', value: `talk ${turn}` }],
    explanation: 'The customer was told when the refund comes and closed the case.',
  }
  const body = JSON.stringify({ type: 'outcome', timestamp: new Date().toISOString(), data })
  const signed = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signed}`,
    },
  }
}

const providers = [
  { name: 'github', write: writeGitHub, given: githubSecret, bare: Buffer.from(githubSecret) },
  {
    name: 'standard',
    write: writeStandard,
    given: `whsec_${secret.toString('base64')}`,
    bare: secret,
  },
] as const
type Provider = (typeof providers)[number]

/** Deliveries verified, stored and answered, beside a bare server that reads and verifies; then how fast they are mapped. */
export async function benchReceive(): Promise<void> {
  const rows: Row[] = []
  for (const provider of providers) {
    rows.push(
      ...(await inFolder(async (folder) => {
        const data = join(folder, 'data')
        const received = await compareReceivers(provider, data)
        return [...received, await measureMapping(provider, data)]
      })),
    )
  }
  keepResults('receive', rows)
}

/** The two take turns, so that a busy machine is busy for both; the median of the rounds counts. */
async function compareReceivers(provider: Provider, data: string): Promise<Row[]> {
  const { name, write } = provider
  const server = await startLoadedServer(data, undefined, ['--no-work'])
  const bare = await startBare(provider)
  const rates: { ours: number; bare: number }[] = []
  let turn = 0
  try {
    const path = await addSource(server, provider)
    const deliver = (url: URL, at: string) =>
      saturate(clients, seconds * 1_000, () => {
        turn += 1
        return post(url, at, write(turn))
      })
    for (let round = 0; round < rounds; round += 1) {
      rates.push({ bare: await deliver(bare.url, '/'), ours: await deliver(server.url, path) })
    }
  } finally {
    bare.process.kill('SIGTERM')
    await server.stop()
  }
  const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[rounds >> 1] ?? 0
  const ours = median(rates.map((one) => one.ours))
  const alone = median(rates.map((one) => one.bare))
  const ratios = rates.map((one) => one.ours / one.bare).toSorted((a, b) => a - b)
  const spread = `${ratios[0]?.toFixed(3)}–${ratios.at(-1)?.toFixed(3)}`
  return [
    {
      metric: `${name}: verified, stored and answered, deliveries/s`,
      value: ours,
      goal: null,
      reached: null,
      note: `${clients} clients, ${write(1).body.length} bytes each, on the disk before the answer; bare node:http with the same HMAC ${Math.round(alone)}/s in the same run`,
    },
    {
      metric: `${name}: deliveries / bare server that only verifies`,
      value: ours / alone,
      goal: null,
      reached: null,
      note: `rounds ${spread}; the bare server writes nothing`,
    },
  ]
}

async function addSource(server: LoadedServer, { name, given }: Provider): Promise<string> {
  const body = { name: `bench-${name}`, provider: name, secret: given }
  return ((await must(server, ['POST', '/lucid/v1/webhook_sources'], body)) as { path: string })
    .path
}

/** The worker's own loop over one kind of job, in this process; the mapping runs in its own, as ever. */
async function measureMapping({ name }: Provider, data: string): Promise<Row> {
  const opened = await openEmbedded({
    dataDirectory: data,
    secrets: { maskKey: null, secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    signal: new AbortController().signal,
  })
  const { context } = opened
  const { jobs } = context
  let mapped = 0
  const began = performance.now()
  try {
    while (performance.now() - began < mappingSeconds * 1_000) {
      const job = await jobs.claim({ owner: 'bench', leaseMs: 60_000, kinds: ['receive'] })
      if (!job) break
      await receiveDelivery(context, job)
      mapped += 1
    }
    const rate = (mapped * 1_000) / (performance.now() - began)
    const failed = await context.database.read((reader) =>
      reader.read
        .selectFrom('webhook_receipts')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('state', 'in', ['failed', 'ignored'])
        .executeTakeFirstOrThrow(),
    )
    if (Number(failed.count) > 0) throw new Error(`${failed.count} deliveries made no signal`)
    return {
      metric: `${name}: mapped to signals by one worker, deliveries/s`,
      value: rate,
      n: mapped,
      goal: null,
      reached: null,
      note: 'claimed, mapped in its own process, masked, joined and stored one after another',
    }
  } finally {
    await opened.close()
  }
}

async function startBare({ bare }: Provider): Promise<{ url: URL; process: ChildProcess }> {
  const child = spawn(process.execPath, ['bench/_bare-receiver.ts'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, BARE_SECRET: bare.toString('base64') },
  })
  if (!child.stderr) throw new Error('The bare server has no stderr.')
  for await (const line of createInterface({ input: child.stderr })) {
    const url = /listens on (\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stderr.resume()
    return { url: new URL(url), process: child }
  }
  throw new Error('The bare server ended before it listened.')
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** Anything but 202 is a fault of the measurement. */
async function post(url: URL, path: string, { headers, body }: Delivery): Promise<void> {
  const outgoing = request({
    agent,
    method: 'POST',
    host: url.hostname,
    port: url.port,
    path,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response')
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  if (response.statusCode !== 202)
    throw new Error(`${path} answered ${response.statusCode} ${text}`)
}
