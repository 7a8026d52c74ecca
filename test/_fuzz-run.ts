import { endpoints } from '../src/api/endpoints.ts'
import { errorEnvelope } from '../src/contract/v1/wire.ts'
import type { Database } from '../src/storage/database.ts'
import { countRows } from '../src/storage/row-counts.ts'
import { Fuzzer, type FuzzRequest } from './_fuzz.ts'

export interface FuzzOptions {
  readonly count: number
  readonly seed: number
  readonly database: Database
  readonly send: (
    path: string,
    init: FuzzRequest['init'] & { signal: AbortSignal },
  ) => Promise<Response>
  /** Whether a refused request must leave every row as it was; off while other work writes beside. */
  readonly quiet: boolean
  readonly onProgress?: (done: number) => void
}

export interface FuzzResult {
  readonly byStatus: Readonly<Record<string, number>>
  /** What must never be, with the request that caused it. */
  readonly faults: readonly string[]
}

/** No answer takes longer than this, or it counts as a hang. */
const longestMs = 15_000

/** Sends requests one after another and judges every answer. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const fuzzer = new Fuzzer(endpoints.filter(endsByItself), options.seed)
  const byStatus: Record<string, number> = {}
  const faults: string[] = []
  let before = await snapshot(options)
  for (let done = 0; done < options.count && faults.length < 20; done += 1) {
    const request = fuzzer.next()
    const { status, fault, body } = await judge(options, request)
    byStatus[status] = (byStatus[status] ?? 0) + 1
    if (fault !== null) faults.push(`#${done} ${describe(request)}: ${fault}`)
    fuzzer.remember(body)
    const after = await snapshot(options)
    if (status >= 400 && after !== before)
      faults.push(
        `#${done} ${describe(request)}: ${status}, yet rows changed: ${before} to ${after}`,
      )
    before = after
    options.onProgress?.(done + 1)
  }
  return { byStatus, faults }
}

/** Streams end when their session does, not by themselves. */
const endsByItself = ({ media, path }: (typeof endpoints)[number]) =>
  media !== 'text/event-stream' && !path.endsWith('/revoke')

async function judge(options: FuzzOptions, request: FuzzRequest) {
  const signal = AbortSignal.timeout(longestMs)
  try {
    const response = await options.send(request.path, { ...request.init, signal })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    const body: unknown = isJson ? JSON.parse(text) : null
    return {
      status: response.status,
      body,
      fault: findFault(request, response.status, { isJson, body }),
    }
  } catch (error) {
    return { status: 599, body: null, fault: `no answer: ${String(error)}` }
  }
}

function findFault(
  { endpoint }: FuzzRequest,
  status: number,
  { isJson, body }: { readonly isJson: boolean; readonly body: unknown },
): string | null {
  if (status >= 500) return `status ${status}: ${JSON.stringify(body)}`
  if (status >= 400) {
    return errorEnvelope.safeParse(body).success ? null : `${status} without the error envelope`
  }
  if (!isJson || (endpoint.media ?? 'application/json') !== 'application/json') return null
  const parsed = endpoint.response.safeParse(body)
  return parsed.success ? null : `answer breaks its schema: ${parsed.error.message.slice(0, 300)}`
}

async function snapshot({ database, quiet }: FuzzOptions): Promise<string> {
  return quiet ? JSON.stringify(await database.read((reader) => countRows(reader))) : ''
}

const describe = ({ init, path }: FuzzRequest) =>
  `${init.method} ${path.slice(0, 200)} ${(init.body ?? '').slice(0, 400)}`
