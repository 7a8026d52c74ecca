import type { Clock } from '../src/core/clock.ts'
import type { DreamId } from '../src/core/ids.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { readMemoryFolder } from '../src/pipeline/memory-folder.ts'
import { mirrorFolder } from '../src/pipeline/memory-store.ts'
import { installStarterPolicy } from '../src/pipeline/policies/starter.ts'
import { airlineMemory, airlineTranscripts } from './_airline.ts'
import { startTestServer, type TestServer } from './_server.ts'

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
  const server = await startTestServer({}, clock)
  const { context } = server
  await importPaths(context, [airlineTranscripts], quiet)
  await installStarterPolicy(context)
  const folder = await readMemoryFolder(airlineMemory, context.hash)
  const storeId = await mirrorFolder(context, folder, operator)
  const { report } = await dream(context, { storeId, filter: {}, actor: operator }, quiet)
  return {
    ...server,
    ...asking(server),
    dreamId: report.dreamId,
    storeId,
    outputStoreId: report.outputStoreId,
  }
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
