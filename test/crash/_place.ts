import { pino } from 'pino'
import { openContext } from '../../src/app.ts'
import { insertApiKey } from '../../src/storage/api-keys.ts'
import { makeApiKey } from '../../src/storage/new-api-key.ts'
import { openApi } from '../_api.ts'
import { cutAtWrite, type Kill } from './_killing-database.ts'

/** Where a run keeps its rows: a data folder, and a Postgres unless it is null. */
export interface Place {
  readonly data: string
  readonly databaseUrl: string | null
}

export const testKey = 'a-key-that-only-crash-tests-use'

/** The time stands still, so that rows of a run that was cut off equal those of one that was not. */
export const now = Date.parse('2026-11-25T08:00:00Z')

export interface Opening {
  readonly kill?: Kill
  /** Milliseconds by which its clock is ahead of `now`, or behind. */
  readonly ahead?: number
  readonly leaseMs?: number
}

export type Run = Awaited<ReturnType<typeof openPlace>>

/** A process's view of a place: everything it writes goes through one door that counts, and may cut it off. */
export async function openPlace(
  { data, databaseUrl }: Place,
  { kill = { at: 0, moment: 'before' }, ahead = 0, leaseMs = 60_000 }: Opening = {},
) {
  const cut = cutAtWrite(kill)
  let clockAhead = ahead
  const opened = await openContext({
    dataDirectory: data,
    secrets: {
      maskKey: 'the key that tests use',
      secretKey: 'the secret key that crash tests use',
      bootstrapKey: testKey,
      databaseUrl,
    },
    log: pino({ level: 'silent' }),
    clock: () => now + clockAhead,
    signal: new AbortController().signal,
    leaseMs,
    around: cut.around,
  })
  const { context } = opened
  const api = openApi(context, testKey)
  return {
    context,
    data,
    writes: cut.count,
    setClock(ms: number) {
      clockAhead = ms
    },
    close: () => opened.close(),
    /** Throws unless it succeeded. */
    async call<T>(method: string, path: string, body?: object | Uint8Array<ArrayBuffer>) {
      const sent = body instanceof Uint8Array ? body : JSON.stringify(body)
      const response = await api(path, { method, ...(body ? { body: sent } : {}) })
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
      return JSON.parse(text) as T
    },
  }
}

export async function makeTestKey({ context }: Run): Promise<void> {
  const { row } = makeApiKey(context, {
    name: 'test',
    scopes: ['admin'],
    expiresAt: null,
    owner: 'test',
    key: testKey,
  })
  await context.database.write({ type: 'user', id: 'test' }, async (writer) => {
    await insertApiKey(writer, row)
    await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
  })
}
