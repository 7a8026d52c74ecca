import {
  importAnswer,
  importCreation,
  importList,
  importPage,
  importPath,
  importSchema,
} from '../../contract/lucid/imports.ts'
import { DomainError } from '../../core/errors.ts'
import type { FileId, ImportId } from '../../core/ids.ts'
import { presentImport } from '../../core/present/import.ts'
import type { Writer } from '../../storage/database.ts'
import { completeFile, discardFile, getFile } from '../../storage/files.ts'
import {
  cancelImport,
  findSameImport,
  getImport,
  insertImport,
  listImports,
  type NewImport,
  type StoredImport,
} from '../../storage/imports.ts'
import type { ApiContext } from '../context.ts'
import { type Call, defineEndpoint } from '../endpoint.ts'
import { cutPage, readTimeCursor, writeTimeCursor } from '../v1/time-pages.ts'
import { measurePath, readServerPath, receiveImport } from './import-sources.ts'

const family = 'lucid'
const scopes = ['ingest'] as const

export const importEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/imports',
    family,
    scopes,
    summary:
      'Imports transcripts: the body itself, a multipart part "file", or {"path": …} on the server as application/json. At most 500 MB; the bytes are stored before it is answered.',
    query: importCreation,
    response: importAnswer,
    async handle(call) {
      const { context, caller, actor, request } = call
      const path = await readServerPath(context, request, caller)
      if (path === null) return upload(call)
      const bytes = await measurePath(path)
      const made = await context.database.write(actor, (writer) =>
        create(writer, context, { source: 'path', name: path, sha256: null, bytes, fileId: null }),
      )
      return { ...present(made), repeated: false }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/imports',
    family,
    scopes,
    summary: 'Imports, newest first.',
    query: importList,
    response: importPage,
    async handle({ context, query }) {
      const { state, limit, page } = query
      const after = readTimeCursor(context.keyring, { list: 'imports', page })
      const rows = await context.database.read((reader) =>
        listImports(reader, {
          state,
          limit: limit + 1,
          ...(after ? { after: { createdAt: after.createdAt, id: after.id as ImportId } } : {}),
        }),
      )
      return cutPage(rows, limit, {
        present,
        cursor: (last) => writeTimeCursor(context.keyring, 'imports', last),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/imports/{import_id}',
    family,
    scopes,
    summary: 'How far an import is, and what it did.',
    params: importPath,
    response: importSchema,
    async handle({ context, params }) {
      const id = params.import_id as ImportId
      return present(await context.database.read((reader) => getImport(reader, id)))
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/imports/{import_id}/cancel',
    family,
    scopes,
    summary: 'Stops an import at its next safe point; whole sessions that it stored stay.',
    params: importPath,
    response: importSchema,
    async handle({ context, actor, params }) {
      const id = params.import_id as ImportId
      return context.database.write(actor, async (writer) => {
        const canceled = await cancelImport(writer, id)
        await writer.audit({
          action: 'import.cancel_requested',
          objectType: 'import',
          objectId: id,
        })
        return present(canceled)
      })
    },
  }),
]

type Creating = Pick<
  Call<undefined, { name?: string | undefined }, undefined>,
  'context' | 'actor' | 'query' | 'request'
>

async function upload({ context, actor, query, request }: Creating) {
  const fileId = context.newId('file')
  const received = await receiveImport(context, request, { id: fileId, name: query.name })
  try {
    if (received.sizeBytes === 0) {
      throw new DomainError('file_empty', 'The upload is empty; send a transcript.')
    }
    const program = context.settings.version
    const { sha256, sizeBytes: bytes } = received
    const same = await context.database.read((reader) =>
      findSameImport(reader, { sha256, program }),
    )
    if (same) {
      await context.database.scratch((scratch) => discardFile(scratch, fileId))
      return { ...present(same), repeated: true }
    }
    return await context.database.write(actor, async (writer) => {
      await completeFile(writer, { id: fileId, sizeBytes: bytes, sha256, expiresAt: null })
      const name = query.name ?? (await getFile(writer, fileId)).filename
      const made = await create(writer, context, { source: 'upload', name, sha256, bytes, fileId })
      return { ...present(made), repeated: false }
    })
  } catch (error) {
    await context.database.scratch((scratch) => discardFile(scratch, fileId))
    throw error
  }
}

type Source = Omit<NewImport, 'id' | 'program'> & { readonly fileId: FileId | null }

async function create(writer: Writer, context: ApiContext, source: Source): Promise<StoredImport> {
  const id = context.newId('imp')
  const made = await insertImport(writer, { id, program: context.settings.version, ...source })
  await context.jobs.enqueue(writer, {
    id: context.newId('job'),
    kind: 'import',
    payload: { import_id: id },
    availableAt: context.clock(),
  })
  await writer.audit({
    action: 'import.created',
    objectType: 'import',
    objectId: id,
    afterHash: source.sha256,
  })
  return made
}

const present = (stored: StoredImport) => ({
  id: stored.id,
  type: 'import' as const,
  state: stored.state,
  source: stored.source,
  name: stored.name,
  sha256: stored.sha256,
  bytes: stored.bytes,
  progress: {
    bytes_done: stored.progress.bytesDone,
    bytes_total: stored.progress.bytesTotal,
    sessions: stored.progress.sessions,
    events: stored.progress.events,
  },
  result: stored.result && presentImport(stored.result),
  error: stored.error,
  cancel_requested_at: stored.cancelRequestedAt,
  created_at: stored.createdAt,
  ended_at: stored.endedAt,
})
