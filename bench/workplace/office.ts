import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { pino } from 'pino'
import { openContext, serve } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { MemoryStoreId } from '../../src/core/ids.ts'
import { commitExperiments } from '../../src/pipeline/experiments.ts'
import { receiveDelivery } from '../../src/pipeline/receive/receive.ts'
import { insertApiKey } from '../../src/storage/api-keys.ts'
import { makeApiKey } from '../../src/storage/new-api-key.ts'
import { layChanges } from '../../test/_changes.ts'
import { putPolicy } from '../../test/_policies.ts'

/** A server on a clock that the simulation moves, and what it asks of it. */
export interface Office {
  /** Milliseconds since the epoch. */
  now: number
  requests: number
  readonly ask: <T>(method: string, path: string, body?: object) => Promise<T>
  /** As the sender of a webhook does; answers the status. */
  readonly tell: (given: Told) => Promise<number>
  /** What a worker does in its turn: maps deliveries, counts units. */
  readonly work: () => Promise<void>
  /** A change that adds a line to the notes of a store. */
  readonly propose: (storeId: string, line: string) => Promise<string>
  readonly countSignals: () => Promise<number>
  readonly stop: () => Promise<void>
}

interface Told {
  /** Of the delivery: sent again it is the same. */
  readonly id: string
  readonly exposure: string
  readonly success: boolean
  readonly forged?: boolean
}

export const notes = '/notes.md'
const person = { type: 'user', id: 'simulation' } as const
const limits = { writesPerMinute: 0, readsPerMinute: 0 }

export async function openOffice(folder: string): Promise<Office> {
  const stopping = new AbortController()
  const office = { now: Date.UTC(2026, 0, 5), requests: 0 }
  const opened = await openContext({
    dataDirectory: join(folder, 'data'),
    secrets: { maskKey: null, secretKey: null, bootstrapKey: null, databaseUrl: null },
    log: pino({ level: 'silent' }),
    clock: () => office.now,
    signal: stopping.signal,
  })
  const { context } = opened
  await putPolicy(context)
  const config = { ...readConfig({}).config.server, ...limits }
  const server = await serve(opened, { port: 0 }, { config, version: 'bench' })
  const key = await makeKey(context)
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    office.requests += 1
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (await response.json()) as T
  }
  const source = await ask<{ path: string; secret: string }>('POST', '/lucid/v1/webhook_sources', {
    name: 'outcomes',
    provider: 'standard',
  })
  return Object.assign(office, {
    ask,
    async tell(told: Told) {
      office.requests += 1
      const body = writeBody(told)
      const headers = signHeaders(told, { body, secret: source.secret, now: office.now })
      return (await fetch(`${server.url}${source.path}`, { method: 'POST', headers, body })).status
    },
    async work() {
      for (;;) {
        const job = await context.jobs.claim({
          owner: 'bench',
          leaseMs: 60_000,
          kinds: ['receive'],
        })
        if (!job) break
        await receiveDelivery(context, job)
      }
      await commitExperiments(context)
    },
    propose: (storeId: string, line: string) => layChange(context, storeId, line),
    countSignals: () =>
      context.database.read(async (reader) => {
        const { count } = await reader.read
          .selectFrom('outcome_signals')
          .select((select) => select.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow()
        return Number(count)
      }),
    async stop() {
      stopping.abort()
      await server.stop(1_000)
      await opened.close()
    },
  })
}

type Context = Awaited<ReturnType<typeof openContext>>['context']

async function makeKey(context: Context): Promise<string> {
  const { key, row } = makeApiKey(context, {
    name: 'bench',
    scopes: ['admin'],
    expiresAt: null,
    owner: 'administrator',
  })
  await context.database.write(person, async (writer) => {
    await insertApiKey(writer, row)
    await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
  })
  return key
}

function writeBody({ exposure, success }: Told): string {
  const subjects = [{ type: 'exposure_id', value: exposure }]
  return JSON.stringify({ type: 'outcome', data: { kind: 'resolved', success, subjects } })
}

/** Standard Webhooks, by hand as a sender in any language would. */
function signHeaders(
  { id, forged }: Told,
  { body, secret, now }: { readonly body: string; readonly secret: string; readonly now: number },
): Record<string, string> {
  const seconds = String(Math.floor(now / 1_000))
  const right = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const hmac = createHmac('sha256', forged ? 'a guess' : right)
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${hmac.update(`${id}.${seconds}.${body}`).digest('base64')}`,
  }
}

async function layChange(context: Context, storeId: string, line: string): Promise<string> {
  const { database, newId } = context
  const [id = ''] = await database.write(person, async (writer) => {
    const ids = await layChanges(writer, {
      storeId: storeId as MemoryStoreId,
      lines: [{ path: notes, line }],
      newId,
    })
    await writer.audit({
      action: 'change.proposed',
      objectType: 'memory_store',
      objectId: storeId,
    })
    return ids
  })
  return id
}
