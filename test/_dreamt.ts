import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { Clock } from '../src/core/clock.ts'
import type { DreamId } from '../src/core/ids.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { readMemoryFolder } from '../src/pipeline/memory-folder.ts'
import { mirrorFolder } from '../src/pipeline/memory-store.ts'
import { installStarterPolicy } from '../src/pipeline/policies/starter.ts'
import { airlineMemory, airlineTranscripts } from './_airline.ts'
import { type Data, onPostgres, startTestServer, type TestServer } from './_server.ts'

export interface DreamtServer extends TestServer {
  readonly dreamId: DreamId
  readonly storeId: string
  readonly outputStoreId: string
  /** The JSON of a 200; anything else fails the test. */
  readonly get: (path: string) => Promise<Json>
  readonly refused: (path: string, init?: RequestInit) => Promise<Refusal>
}

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
type Json = any

export interface Refusal {
  readonly status: number
  readonly type: string
  readonly message: string
}

const operator = { type: 'user', id: 'test' } as const
const quiet = () => {}

/** A server over the bundled sessions and their memory, dreamt over once. */
export async function startDreamtServer(clock: Clock = Date.now): Promise<DreamtServer> {
  const { data, ...ids } = await findDreamt()
  const server = await startTestServer({}, clock, data)
  return { ...server, ...asking(server), ...ids }
}

interface Dreamt extends Pick<DreamtServer, 'dreamId' | 'storeId' | 'outputStoreId'> {
  readonly data: Data
}

/** Dreams take seconds: the first test of a run that wants one has it dreamt, all others start with copies. */
async function findDreamt(): Promise<Dreamt> {
  const folder = join(tmpdir(), inject('run'), onPostgres ? 'dreamt-on-postgres' : 'dreamt')
  const ready = join(folder, 'dreamt.json')
  const isMine = (await mkdir(folder, { recursive: true })) !== undefined
  if (isMine) {
    const dreamt = await dreamOnce().catch(async (error) => {
      await rm(folder, { recursive: true })
      throw error
    })
    await writeFile(`${ready}.tmp`, JSON.stringify(dreamt))
    await rename(`${ready}.tmp`, ready)
    return dreamt
  }
  while (existsSync(folder)) {
    if (existsSync(ready)) return JSON.parse(await readFile(ready, 'utf8'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return findDreamt()
}

async function dreamOnce(): Promise<Dreamt> {
  const server = await startTestServer()
  const { context } = server
  await importPaths(context, [airlineTranscripts], quiet)
  await installStarterPolicy(context)
  const folder = await readMemoryFolder(airlineMemory, context.hash)
  const storeId = await mirrorFolder(context, folder, operator)
  const { report } = await dream(context, { storeId, filter: {}, actor: operator }, quiet)
  const { dreamId, outputStoreId } = report
  return { data: await server.stopKeeping(), dreamId, storeId, outputStoreId }
}

export const asking = (server: TestServer): Pick<DreamtServer, 'get' | 'refused'> => ({
  async get(path) {
    const response = await server.fetch(path)
    if (response.status !== 200) throw new Error(`${path}: ${await response.text()}`)
    return await response.json()
  },
  async refused(path, init) {
    const response = await server.fetch(path, init)
    const { error } = (await response.json()) as { error: Refusal }
    return { ...error, status: response.status }
  },
})
