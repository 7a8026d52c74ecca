import type { z } from 'zod'
import {
  deletedFile,
  expiresInSeconds,
  fileContent,
  fileListQuery,
  filePage,
  filePath,
  file as fileSchema,
} from '../../contract/v1/files.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { FileId } from '../../core/ids.ts'
import type { Database } from '../../storage/database.ts'
import {
  completeFile,
  deleteFile,
  discardFile,
  findFileChunk,
  getFile,
  listFiles,
  type StoredFile,
} from '../../storage/files.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { parse } from '../parse.ts'
import { recordChange } from '../record.ts'
import { cutPage, readTimeCursor, writeTimeCursor } from './time-pages.ts'
import { discardStaleUploads, receiveUpload, tooLarge } from './upload.ts'

const family = 'files'
const reading = ['ingest', 'review'] as const
const writing = ['ingest'] as const

/** The reference's limit. */
const maxBytes = 500_000_000
/** Boundaries and headers of the other parts. */
const overheadBytes = 1_000_000
export const fileEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/files',
    family,
    scopes: writing,
    summary: 'Uploads a file: multipart, part "file", optional part "expires_in_seconds".',
    response: fileSchema,
    async handle({ context, actor, request }) {
      if (Number(request.headers.get('content-length') ?? 0) > maxBytes + overheadBytes) {
        throw tooLarge(maxBytes)
      }
      const id = context.newId('file')
      await discardStaleUploads(context)
      const upload = await receiveUpload(request, { database: context.database, id, maxBytes })
      try {
        const expiresAt = readExpiry(context, upload.fields)
        return await context.database.write(actor, async (writer) => {
          const stored = await completeFile(writer, { ...upload, id, expiresAt })
          await recordChange(writer, context, { action: 'file.created', id })
          return present(stored)
        })
      } catch (error) {
        await context.database.scratch((scratch) => discardFile(scratch, id))
        throw error
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/files',
    family,
    scopes: reading,
    summary: 'Files, newest first; by the session that made them, or by ids.',
    query: fileListQuery,
    response: filePage,
    async handle({ context, query, request }) {
      if (query.ids) return listByIds(context, query.ids as FileId[], request)
      const { limit, page, scope_id: scopeId } = query
      const after = readTimeCursor(context.keyring, { list: 'files', page })
      const rows = await context.database.read((reader) =>
        listFiles(reader, { scopeId, ...(after ? { after } : {}), limit: limit + 1 }),
      )
      return cutPage(rows, limit, {
        present,
        cursor: (last) => writeTimeCursor(context.keyring, 'files', last),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/files/{file_id}',
    family,
    scopes: reading,
    summary: 'What is known of a file.',
    params: filePath,
    response: fileSchema,
    async handle({ context, params }) {
      return present(await find(context, params.file_id))
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/files/{file_id}/content',
    family,
    scopes: reading,
    summary: 'The bytes of a file.',
    params: filePath,
    response: fileContent,
    media: 'application/octet-stream',
    async handle({ context, params }) {
      const file = await find(context, params.file_id)
      if (file.expiresAt !== null && file.expiresAt <= toTimestamp(context.clock())) {
        throw new DomainError('not_found', `File ${file.id} expired at ${file.expiresAt}.`, {
          details: { error_code: 'file_expired' },
        })
      }
      return new Response(streamContent(context.database, file.id), {
        headers: {
          'content-type': file.mimeType,
          'content-length': String(file.sizeBytes),
          // Whatever was uploaded is never shown as a page of this server.
          'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
          'content-security-policy': 'sandbox',
        },
      })
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: '/v1/files/{file_id}',
    family,
    scopes: writing,
    summary: 'Removes a file.',
    params: filePath,
    response: deletedFile,
    async handle({ context, actor, params }) {
      const id = params.file_id as FileId
      await context.database.write(actor, async (writer) => {
        await deleteFile(writer, id)
        await recordChange(writer, context, { action: 'file.deleted', id })
      })
      return { id, type: 'file_deleted' }
    },
  }),
]

const find = ({ database }: ApiContext, id: string) =>
  database.read((reader) => getFile(reader, id as FileId))

async function listByIds(context: ApiContext, ids: readonly FileId[], request: Request) {
  const { searchParams } = new URL(request.url)
  if (searchParams.has('page') || searchParams.has('limit')) {
    throw new DomainError('invalid_argument', 'ids: excludes page and limit; send ids alone.')
  }
  const files = await context.database.read((reader) => listFiles(reader, { ids, limit: 100 }))
  return { data: files.map(present), next_page: null }
}

function readExpiry(context: ApiContext, fields: Readonly<Record<string, string>>): string | null {
  const given = fields.expires_in_seconds
  if (given === undefined || given === '') return null
  const { strict } = context.settings
  const seconds = parse(expiresInSeconds, given, { place: 'body', strict })
  return toTimestamp(context.clock() + seconds * 1_000)
}

/** One chunk is read when the one before was taken. */
function streamContent(database: Database, id: FileId): ReadableStream<Uint8Array> {
  let chunk = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const data = await database.read((reader) => findFileChunk(reader, { id, chunk }))
        chunk += 1
        if (data) controller.enqueue(new Uint8Array(data))
        else controller.close()
      },
    },
    { highWaterMark: 1 },
  )
}

const present = (file: StoredFile): z.input<typeof fileSchema> => ({
  id: file.id,
  type: 'file',
  filename: file.filename,
  mime_type: file.mimeType,
  size_bytes: file.sizeBytes,
  created_at: file.createdAt,
  downloadable: true,
  expires_at: file.expiresAt,
  scope: file.scopeId === null ? null : { type: 'session', id: file.scopeId },
})
