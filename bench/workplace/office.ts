import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { pino } from 'pino'
import { Agent, request } from 'undici'
import { openContext, serve } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { MemoryStoreId } from '../../src/core/ids.ts'
import { commitExperiments } from '../../src/pipeline/experiments.ts'
import { quickKinds, slowKinds } from '../../src/pipeline/job-kinds.ts'
import { insertApiKey } from '../../src/storage/api-keys.ts'
import { makeApiKey } from '../../src/storage/new-api-key.ts'
import { type Line, layChanges } from '../../test/_changes.ts'
import { putPolicy } from '../../test/_policies.ts'
import { seededSource } from '../../test/_random.ts'

/** A server on a clock that the simulation moves, and what it asks of it. */
export interface Office {
  /** Milliseconds since the epoch. */
  now: number
  requests: number
  readonly ask: <T>(method: string, path: string, body?: object) => Promise<T>
  readonly upload: (path: string, text: string) => Promise<unknown>
  /** As the sender of a webhook does; answers the status. */
  readonly tell: (given: Told) => Promise<number>
  /** What a worker does in its turn: imports, dreams, maps deliveries, counts units. */
  readonly work: () => Promise<void>
  /** Proposed changes that add lines to a store, with no dream behind them. */
  readonly lay: (storeId: string, lines: readonly Line[]) => Promise<string[]>
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

/** An answer that is no success. */
export class Refusal extends Error {
  /** What a program tells it by. */
  readonly code: string | null

  constructor(asked: string, text: string) {
    super(`${asked}: ${text}`)
    const { error } = JSON.parse(text) as { error?: { details?: { error_code?: string } } }
    this.code = error?.details?.error_code ?? null
  }
}

export interface Place {
  readonly folder: string
  readonly databaseUrl: string | null
  readonly seed: number
}

/** What webhooks tell, and nothing else here does. */
const told = 'resolved'
const person = { type: 'user', id: 'simulation' } as const
const limits = { writesPerMinute: 0, readsPerMinute: 0 }
/** Jobs that are worked on at once: their writes share commits, as those of several workers do. */
const lanes = 16
/** Experiments that the policy lets run at the same time. */
const mostAtOnce = 100

export async function openOffice({ folder, databaseUrl, seed }: Place): Promise<Office> {
  const stopping = new AbortController()
  const office = { now: Date.UTC(2026, 0, 5), requests: 0 }
  const opened = await openContext({
    dataDirectory: join(folder, 'data'),
    secrets: {
      maskKey: 'the mask key of a simulation',
      secretKey: 'the secret key of a simulation, known to all',
      bootstrapKey: null,
      databaseUrl,
    },
    log: pino({ level: 'silent' }),
    clock: () => office.now,
    signal: stopping.signal,
    random: seededSource(seed),
  })
  const { context } = opened
  await putPolicy(context, {
    'budgets.concurrentExperiments': mostAtOnce,
    'approvals.low': { mode: 'required', count: 1, from: ['owners'] },
  })
  const config = { ...readConfig({}).config.server, ...limits }
  const server = await serve(opened, { port: 0 }, { config, version: 'bench' })
  const key = await makeKey(context)
  const dispatcher = new Agent({ connections: 64 })
  const send = async (path: string, given: Parameters<typeof request>[1]) => {
    office.requests += 1
    return request(`${server.url}${path}`, { dispatcher, ...given })
  }
  const call = async <T>(method: string, path: string, body?: string | Buffer): Promise<T> => {
    const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json'
    const headers = { 'x-api-key': key, 'content-type': type }
    const answer = await send(path, { method: method as 'GET', headers, body: body ?? null })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Refusal(`${method} ${path}`, text)
    return JSON.parse(text)
  }
  const ask: Office['ask'] = (method, path, body) =>
    call(method, path, body && JSON.stringify(body))
  const source = await ask<{ path: string; secret: string }>('POST', '/lucid/v1/webhook_sources', {
    name: 'outcomes',
    provider: 'standard',
  })
  return Object.assign(office, {
    ask,
    upload: (path: string, text: string) => call('POST', path, Buffer.from(text)),
    async tell(given: Told) {
      const body = writeBody(given)
      const headers = signHeaders(given, { body, secret: source.secret, now: office.now })
      const answer = await send(source.path, { method: 'POST', headers, body })
      await answer.body.dump()
      return answer.statusCode
    },
    async work() {
      await Promise.all(Array.from({ length: lanes }, () => workOff(context)))
      await commitExperiments(context)
    },
    lay: (storeId: string, lines: readonly Line[]) => {
      const given = { storeId: storeId as MemoryStoreId, lines, newId: context.newId }
      return context.database.write(person, async (writer) => {
        const ids = await layChanges(writer, given)
        await writer.audit({
          action: 'change.proposed',
          objectType: 'memory_store',
          objectId: storeId,
        })
        return ids
      })
    },
    countSignals: () =>
      context.database.read(async (reader) => {
        const { count } = await reader.read
          .selectFrom('outcome_signals')
          .where('kind', '=', told)
          .select((select) => select.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow()
        return Number(count)
      }),
    async stop() {
      stopping.abort()
      await dispatcher.close()
      await server.stop(1_000)
      await opened.close()
    },
  })
}

type Context = Awaited<ReturnType<typeof openContext>>['context']

async function workOff(context: Context): Promise<void> {
  const kinds = { ...slowKinds, ...quickKinds }
  for (;;) {
    const { owner, leaseMs } = context
    const job = await context.jobs.claim({ owner, leaseMs, kinds: Object.keys(kinds) })
    if (!job) return
    await kinds[job.kind]?.(context, job)
  }
}

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
  return JSON.stringify({ type: 'outcome', data: { kind: told, success, subjects } })
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
