import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk'
import { pino } from 'pino'
import { inject } from 'vitest'
import { openContext, serve } from '../src/app.ts'
import type { Opened } from '../src/cli/surroundings.ts'
import { readConfig, type ServerConfig } from '../src/config.ts'
import type { Scope } from '../src/core/access.ts'
import type { Clock } from '../src/core/clock.ts'
import { insertApiKey } from '../src/storage/api-keys.ts'
import { makeApiKey } from '../src/storage/new-api-key.ts'
import { copyPlace, createPlace, dropPlace } from '../src/storage/postgres/_server.ts'

/** A running server on a real database of its own, reached over a real socket. */
export interface TestServer {
  readonly url: string
  /** A key that may do everything. */
  readonly key: string
  readonly context: Opened['context']
  /** Of a person of its own each time. */
  readonly makeKey: (...scopes: Scope[]) => Promise<string>
  /** Of a person with roles and groups; null: of a program. */
  readonly makeKeyFor: (holder: Holder | null, ...scopes: Scope[]) => Promise<string>
  readonly client: (options?: Partial<ClientOptions>) => Anthropic
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
  readonly stop: () => Promise<void>
  /** Stops and leaves its data, for others to be started with copies of it. */
  readonly stopKeeping: () => Promise<Data>
}

export interface Holder {
  readonly owner: string
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
}

/** The project `postgres` of vitest.config.ts runs every test of the wire once more, on Postgres. */
export const onPostgres = process.env.LUCIDREAM_TEST_DATABASE === 'postgres'
const postgres = inject('postgresUrl')

/** Where the data of a server is: a folder, and a schema of its own or null for the embedded database in the folder. */
export interface Data {
  readonly folder: string
  readonly databaseUrl: string | null
}

/** New data, or a copy of that of a server which has stopped. */
async function makeData(copied: Data | null): Promise<Data> {
  const folder = mkdtempSync(join(tmpdir(), 'lucidream-server-'))
  if (copied !== null) cpSync(copied.folder, folder, { recursive: true })
  if (!onPostgres) return { folder, databaseUrl: null }
  if (postgres === null) throw new Error('No Postgres answers.')
  const from = copied?.databaseUrl ?? null
  return {
    folder,
    databaseUrl: from === null ? await createPlace(postgres) : await copyPlace(postgres, from),
  }
}

/** No rate limits unless a test asks for them. */
const settings = { writesPerMinute: 0, readsPerMinute: 0 }

export async function startTestServer(
  config: Partial<ServerConfig> = {},
  clock: Clock = Date.now,
  copied: Data | null = null,
): Promise<TestServer> {
  const data = await makeData(copied)
  const { folder, databaseUrl } = data
  const stopping = new AbortController()
  const opened = await openContext({
    dataDirectory: folder,
    secrets: { maskKey: null, secretKey: null, bootstrapKey: null, databaseUrl },
    log: pino({ level: 'silent' }),
    clock,
    signal: stopping.signal,
  })
  const server = await serve(
    opened,
    { port: 0 },
    { config: { ...readConfig({}).config.server, ...settings, ...config }, version: '0.0.0-test' },
  )
  const { context } = opened
  const makeKeyFor = async (holder: Holder | null, ...scopes: Scope[]) => {
    const wanted = { name: 'test', scopes, expiresAt: null }
    const { key, row } = makeApiKey(context, { ...wanted, ...holder })
    await context.database.write({ type: 'user', id: 'test' }, async (writer) => {
      await insertApiKey(writer, row)
      await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
    })
    return key
  }
  let people = 0
  const makeKey = (...scopes: Scope[]) => {
    people += 1
    return makeKeyFor({ owner: `person-${people}`, roles: ['admin'] }, ...scopes)
  }
  const key = await makeKey('admin')
  const halt = async () => {
    stopping.abort()
    await server.stop(1_000)
    await opened.close()
  }
  return {
    url: server.url,
    key,
    context,
    makeKey,
    makeKeyFor,
    client: (options) =>
      new Anthropic({ apiKey: key, baseURL: server.url, maxRetries: 0, ...options }),
    fetch: (path, init) =>
      fetch(`${server.url}${path}`, {
        ...init,
        headers: { 'x-api-key': key, ...init?.headers },
      }),
    async stop() {
      await halt()
      rmSync(folder, { recursive: true, force: true })
      if (postgres !== null && databaseUrl !== null) await dropPlace(postgres, databaseUrl)
    },
    async stopKeeping() {
      await halt()
      return data
    },
  }
}
