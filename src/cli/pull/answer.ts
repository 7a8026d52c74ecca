import { z } from 'zod'
import { type CheckoutAnswer, checkoutAnswer } from '../../contract/lucid/exposures.ts'
import { DomainError } from '../../core/errors.ts'
import { hashContents } from '../../core/experiment/contents.ts'
import type { Hash } from '../../core/ids.ts'
import { findContentFault, type MemoryDocument, memoryLimits } from '../../core/memory.ts'
import { findPathFault, listAncestors } from '../../core/memory-path.ts'
import { showForeign } from '../text.ts'

export interface Asking {
  readonly server: URL
  readonly apiKey: string
  readonly query: Readonly<Record<string, string>>
  /** The version that is here already. */
  readonly known: string | null
  readonly signal: AbortSignal
  readonly hash: Hash
}

/** `null` documents: what is here is what the unit reads. */
export interface Answered {
  readonly exposureId: string | null
  readonly contentHash: string
  readonly documents: readonly MemoryDocument[] | null
}

/** Asks for the version of a unit. Nothing that the server says is trusted before it was checked. */
export async function askForVersion(asking: Asking): Promise<Answered> {
  const { server, query, known, hash } = asking
  const url = new URL(`lucid/v1/checkout?${new URLSearchParams(query)}`, withSlash(server))
  const headers = known === null ? {} : { 'if-none-match': `"${known}"` }
  const response = await send(asking, url, { headers })
  if (response.status === 304 && known !== null) {
    const exposureId = response.headers.get('lucidream-exposure-id')
    return {
      exposureId: exposureId && showForeign(exposureId),
      contentHash: known,
      documents: null,
    }
  }
  if (response.status !== 200) throw await refusalOf(response)
  const answer = parseAnswer(await readText(response, mostBytes))
  return {
    exposureId: answer.exposure_id,
    contentHash: answer.content_hash,
    documents: checkAnswer(answer, hash),
  }
}

/** Tells the server that it stood in context. */
export async function confirm(
  asking: Pick<Asking, 'server' | 'apiKey' | 'signal'>,
  exposureId: string,
): Promise<void> {
  const path = `lucid/v1/exposures/${encodeURIComponent(exposureId)}/confirm`
  const url = new URL(path, withSlash(asking.server))
  const response = await send(asking, url, { method: 'POST', body: '{}' })
  if (response.status !== 200) throw await refusalOf(response)
  await response.body?.cancel()
}

const withSlash = (server: URL) => (server.pathname.endsWith('/') ? server : new URL(`${server}/`))

async function send(
  { apiKey, signal }: Pick<Asking, 'apiKey' | 'signal'>,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  const headers = { accept: 'application/json', 'x-api-key': apiKey, ...init.headers }
  try {
    // A redirect would take the key elsewhere.
    return await fetch(url, { ...init, headers, signal, redirect: 'error' })
  } catch (cause) {
    throw unavailable(`${url.origin} does not answer`, cause)
  }
}

/** A full store is 200 MB; the server sends at most 64 MB of JSON text, which escapes may double. */
const mostBytes = 160 * 1024 * 1024
const mostErrorBytes = 64 * 1024

async function readText(response: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      if (size > most) throw refused(`it is larger than ${most} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof DomainError) throw cause
    throw unavailable('the answer broke off', cause)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseAnswer(text: string): CheckoutAnswer {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw refused('it is no JSON')
  }
  const parsed = checkoutAnswer.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw refused(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'unknown form'}`)
}

const opaque = /^[A-Za-z0-9_-]{1,128}$/

/** Every path stays inside of the folder, every text is the one that its hash names, and all of them the version. */
function checkAnswer(answer: CheckoutAnswer, hash: Hash): readonly MemoryDocument[] {
  if (!opaque.test(answer.exposure_id) || !opaque.test(answer.memory_store_id)) {
    throw refused('its ids are no ids')
  }
  if (answer.data.length > memoryLimits.memoriesPerStore) {
    throw refused(`it has more than ${memoryLimits.memoriesPerStore} files`)
  }
  const documents = answer.data.map((one) => checkFile(one, hash))
  const folded = new Map(documents.map(({ path }) => [path.toLowerCase(), path]))
  if (folded.size < documents.length) throw refused('two paths differ in case only, or not at all')
  for (const { path } of documents) {
    const above = listAncestors(path).find((ancestor) => folded.has(ancestor.toLowerCase()))
    if (above !== undefined) throw refused(`${quote(above)} is a file and a folder at once`)
  }
  if (hashContents(documents, hash) !== answer.content_hash) {
    throw refused('its files are not the version that it names')
  }
  return documents
}

function checkFile(
  { path, content, content_sha256: contentSha256 }: CheckoutAnswer['data'][number],
  hash: Hash,
): MemoryDocument {
  const fault = findPathFault(path) ?? findNameFault(path) ?? findContentFault(content)
  if (fault !== null) throw refused(`${quote(path)}: ${fault}`)
  if (hash(content) !== contentSha256) throw refused(`${quote(path)} is not the text that it names`)
  return { path, content, contentSha256 }
}

/** Hidden files steer programs; colons and backslashes mean something to some file systems. */
function findNameFault(path: string): string | null {
  for (const segment of path.split('/').slice(1)) {
    if (segment.startsWith('.')) return 'a name begins with a dot'
    if (/[\\:]/.test(segment)) return 'a name holds a colon or backslash'
    if (segment === 'node_modules') return 'it lies in node_modules'
  }
  return null
}

const quote = (name: string) => showForeign(JSON.stringify(name.slice(0, 200)))

const refused = (why: string) =>
  new DomainError(
    'invalid_argument',
    `The server’s answer is refused and nothing was written: ${why}.`,
  )

const unavailable = (what: string, cause: unknown) =>
  new DomainError('server_unavailable', `${what}; nothing was written. Try again.`, { cause })

const errorBody = z.object({ error: z.object({ message: z.string() }) })

async function refusalOf(response: Response): Promise<DomainError> {
  const text = await readText(response, mostErrorBytes).catch(() => '')
  const message = readMessage(text).slice(0, 500)
  const said = `The server answers ${response.status}${message === '' ? '' : `: ${showForeign(message)}`}`
  if (response.status === 401) return new DomainError('unauthenticated', said)
  if (response.status === 403) return new DomainError('forbidden', said)
  if (response.status === 404) return new DomainError('not_found', said)
  if (response.status >= 500 || response.status === 429) return unavailable(said, undefined)
  return new DomainError('invalid_argument', said)
}

function readMessage(text: string): string {
  try {
    return errorBody.parse(JSON.parse(text)).error.message
  } catch {
    return ''
  }
}
