import type { z } from 'zod'
import { checkoutAnswer, checkoutQuery } from '../../contract/lucid/exposures.ts'
import { DomainError } from '../../core/errors.ts'
import type { MemoryStoreId, SessionId } from '../../core/ids.ts'
import type { MemoryDocument } from '../../core/memory.ts'
import { utf8Length } from '../../core/utf8-length.ts'
import { type Exposure, insertExposure } from '../../storage/exposures.ts'
import { getMemoryStore } from '../../storage/memory-stores.ts'
import { getSession } from '../../storage/sessions.ts'
import { type Call, defineEndpoint } from '../endpoint.ts'
import {
  carryOutPlan,
  movedOn,
  planReading,
  type ReadingRequest,
  type Withholding,
  withhold,
} from '../reading-plan.ts'
import { reading } from '../v1/memory-frame.ts'
import { type TarFile, writeTar } from './store-tar.ts'

type Query = z.output<typeof checkoutQuery>
type Asked = Call<undefined, Query, undefined>

export const checkoutEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/checkout',
    family: 'lucid',
    scopes: reading,
    summary:
      'The version of a memory store that this unit reads, by a running experiment or as the store stands. Every answer is an exposure, also 304; the arm is not told.',
    query: checkoutQuery,
    response: checkoutAnswer,
    async handle(call) {
      const { context, query, request } = call
      const { exposure, shown } = await deliver(call)
      const tag = `"${exposure.contentHash}"`
      const headers = {
        etag: tag,
        'lucidream-exposure-id': exposure.id,
        'cache-control': 'private, no-cache',
        vary: 'accept, x-api-key, authorization',
      }
      if (matches(request.headers.get('if-none-match'), tag)) {
        return new Response(null, { status: 304, headers })
      }
      if (wantsTar(query, request)) {
        const tar = { ...headers, 'content-type': 'application/x-tar' }
        return new Response(writeTar(toFiles(shown.documents)), { headers: tar })
      }
      refuseTooLarge(shown.documents)
      const answer: z.input<typeof checkoutAnswer> = {
        type: 'checkout',
        exposure_id: exposure.id,
        memory_store_id: exposure.storeId,
        content_hash: exposure.contentHash,
        data: shown.documents.map(({ path, content, contentSha256 }) => ({
          path,
          content_sha256: contentSha256,
          content,
        })),
      }
      context.log.debug({ exposure: exposure.id }, 'checkout')
      return Response.json(answer, { headers })
    },
  }),
]

/** An experiment moves on rarely; a coin that was foreseen is almost always the one that is tossed. */
const mostAttempts = 5

async function deliver({
  context,
  actor,
  query,
}: Asked): Promise<{ readonly exposure: Exposure; readonly shown: Withholding }> {
  const { database, keyring, hash } = context
  const asked = toRequest(query)
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const office = { keyring, now: context.clock() }
    const { plan, shown } = await database.read(async (door) => {
      const reader = { read: door.read, hash }
      await getMemoryStore(reader, asked.storeId)
      if (asked.sessionId !== null) await getSession(reader, asked.sessionId)
      const found = await planReading(reader, office, asked)
      return { plan: found, shown: await withhold(reader, keyring, { plan: found, ...asked }) }
    })
    const id = context.newId('expo')
    const exposure = await database.write(actor, async (writer) => {
      const given = { id, plan, request: asked, withholding: shown }
      const made = await carryOutPlan(writer, office, given)
      return made && insertExposure(writer, made)
    })
    if (exposure) return { exposure, shown }
  }
  throw movedOn(asked.storeId)
}

const toRequest = (query: Query): ReadingRequest => ({
  storeId: query.store as MemoryStoreId,
  unit: query.unit,
  actor: query.unit,
  taskType: query.task_type ?? null,
  principal: query.principal ?? null,
  sessionId: (query.session_id ?? null) as SessionId | null,
  via: query.via,
})

function wantsTar({ format }: Query, { headers }: Request): boolean {
  if (format !== undefined) return format === 'tar'
  return (headers.get('accept') ?? '').includes('application/x-tar')
}

/** As RFC 9110 compares for this header: weakly. */
function matches(header: string | null, tag: string): boolean {
  if (header === null) return false
  return header.split(',').some((one) => ['*', tag].includes(one.trim().replace(/^W\//, '')))
}

async function* toFiles(documents: readonly MemoryDocument[]): AsyncGenerator<TarFile> {
  for (const { path, content } of documents) yield { name: path.slice(1), text: content }
}

const mostJsonBytes = 64 * 1024 * 1024

function refuseTooLarge(documents: readonly MemoryDocument[]): void {
  const bytes = documents.reduce((sum, { content }) => sum + utf8Length(content), 0)
  if (bytes <= mostJsonBytes) return
  throw new DomainError(
    'limit_exceeded',
    `The store holds ${bytes} bytes; as JSON at most ${mostJsonBytes} are sent. Ask with format=tar.`,
  )
}
