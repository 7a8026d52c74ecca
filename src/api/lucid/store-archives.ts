import { z } from 'zod'
import { exportQuery, importedStore, importQuery, storePath } from '../../contract/lucid/stores.ts'
import { mayCall } from '../../core/access.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Hash, MemoryStoreId } from '../../core/ids.ts'
import { memoryLimits } from '../../core/memory.ts'
import { hasText, type StateEntry, type WantedText } from '../../core/store-state.ts'
import { type ExportMask, maskForExport } from '../../core/trust/export-mask.ts'
import { signUnder } from '../../core/trust/personal-data.ts'
import type { Database, Reader } from '../../storage/database.ts'
import { listHeadState, readTexts } from '../../storage/memory-states.ts'
import {
  getMemoryStore,
  getOpenMemoryStore,
  type MemoryStore,
} from '../../storage/memory-stores.ts'
import { planWrites, presentWrites } from '../../storage/planned-writes.ts'
import { readMoment } from '../../storage/store-moments.ts'
import { type PathWrite, writePaths } from '../../storage/store-writes.ts'
import { listNamesBehindStore } from '../../storage/watch.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { reading, writing } from '../v1/memory-frame.ts'
import { checkManifest, renderManifest } from './store-manifest.ts'
import {
  manifestName,
  memoriesFolder,
  readStoreTar,
  type StoreTar,
  type TarFile,
  writeTar,
} from './store-tar.ts'

const family = 'lucid'

export const storeArchiveEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/memory_stores/{memory_store_id}/export',
    family,
    scopes: reading,
    summary:
      'A memory store as a tar: manifest.json, then every memory under memories/ and its path. Secrets, personal data and names of users are masked unless raw is asked for.',
    params: storePath,
    query: exportQuery,
    response: z.string(),
    media: 'application/x-tar',
    async handle({ context, caller, params, query }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const { database } = context
      if (query.raw === true && !mayCall(caller, ['admin'])) {
        throw new DomainError('forbidden', 'raw: only a key of scope admin exports unmasked.')
      }
      const found = await database.read(async (reader) => {
        const store = await getMemoryStore(reader, storeId)
        const now = toTimestamp(context.clock())
        const moment = { storeId, snapshotId: query.snapshot_id, at: query.at, now }
        return { store, ...(await readMoment(reader, moment)) }
      })
      const mask = query.raw === true ? null : await openMask(context, storeId)
      const shown = mask === null ? found : await maskEntries(context, found, mask)
      return new Response(writeTar(listFiles(database, shown, mask)), {
        headers: {
          'content-type': 'application/x-tar',
          'content-disposition': `attachment; filename="${storeId}.tar"`,
        },
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/memory_stores/{memory_store_id}/import',
    family,
    scopes: writing,
    summary:
      'Writes the memories of a tar into a store, in one write; the body is the tar, uncompressed. At most 2 000 files of 102 400 bytes, 256 MiB in all.',
    params: storePath,
    query: importQuery,
    response: importedStore,
    async handle({ context, actor, params, query, request }) {
      const storeId = params.memory_store_id as MemoryStoreId
      await context.database.read((reader) => getOpenMemoryStore(reader, storeId))
      const tar = await readStoreTar(request.body ?? nothing())
      const wanted = toWanted(tar, context.hash)
      const { mode } = query
      const shown = (plan: ImportPlan, dryRun: boolean) => ({
        type: 'memory_store_import' as const,
        memory_store_id: storeId,
        mode,
        dry_run: dryRun,
        ...presentWrites(plan.current, plan.writes),
      })
      if (query.dry_run) {
        const plan = await context.database.read((reader) =>
          planImport(reader, { storeId, wanted, mode }),
        )
        return shown(plan, true)
      }
      return context.database.write(actor, async (writer) => {
        const plan = await planImport(writer, { storeId, wanted, mode })
        const textOf = async ({ path }: PathWrite) => tar.texts.get(path) ?? ''
        await writePaths(writer, { storeId, writes: plan.writes, textOf })
        await writer.audit({
          action: 'memory_store.imported',
          objectType: 'memory_store',
          objectId: storeId,
          beforeHash: context.hash(JSON.stringify(plan.current)),
          afterHash: context.hash(JSON.stringify(wanted)),
          reason: mode,
        })
        return shown(plan, false)
      })
    },
  }),
]

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function openMask(
  { database, mask, keyring, hash }: ApiContext,
  storeId: MemoryStoreId,
): Promise<ExportMask> {
  const names = await database.read((reader) => listNamesBehindStore(reader, storeId))
  return { mask, names, sign: signUnder(keyring, hash) }
}

/** The manifest names what the tar holds, so the texts are masked once for their hashes and once to be written. */
async function maskEntries(
  { database, hash }: ApiContext,
  found: Found,
  mask: ExportMask,
): Promise<Found> {
  const masked = new Map<string, Pick<StateEntry, 'contentSha256' | 'contentSizeBytes'>>()
  for await (const { versionId, text } of readAll(database, found, mask)) {
    masked.set(versionId, { contentSha256: hash(text), contentSizeBytes: Buffer.byteLength(text) })
  }
  const { store, at } = found
  const described = { name: store.name, description: store.description, metadata: store.metadata }
  return {
    at,
    store: { ...store, ...(await maskForExport(described, mask)) },
    entries: found.entries.map((entry) => ({ ...entry, ...masked.get(entry.versionId) })),
  }
}

interface Found {
  readonly store: MemoryStore
  readonly at: string
  readonly entries: readonly StateEntry[]
}

/** Texts of at most 2 MB are in memory at a time. */
const textsAtOnce = 20

/** Redacted versions are left out; the manifest says that they were there. */
async function* listFiles(
  database: Database,
  found: Found,
  mask: ExportMask | null,
): AsyncGenerator<TarFile> {
  yield { name: manifestName, text: renderManifest(found) }
  for await (const { path, text } of readAll(database, found, mask)) {
    yield { name: `${memoriesFolder}${path}`, text }
  }
}

async function* readAll(database: Database, found: Found, mask: ExportMask | null) {
  const left = found.entries.filter(hasText)
  while (left.length > 0) {
    const batch = left.splice(0, textsAtOnce)
    const ids = batch.map(({ versionId }) => versionId)
    const texts = await database.read((reader) => readTexts(reader, ids))
    for (const { path, versionId } of batch) {
      const text = texts.get(versionId)
      if (text === undefined) throw new Error(`${versionId} was redacted during its export.`)
      yield { path, versionId, text: mask === null ? text : await maskForExport(text, mask) }
    }
  }
}

function toWanted({ manifest, texts }: StoreTar, hash: Hash): WantedText[] {
  const wanted = [...texts].map(([path, text]) => ({ path, contentSha256: hash(text) }))
  if (manifest !== null) checkManifest(manifest, wanted)
  return wanted
}

interface ImportRequest {
  readonly storeId: MemoryStoreId
  readonly wanted: readonly WantedText[]
  readonly mode: 'merge' | 'replace'
}

async function planImport(reader: Reader, { storeId, wanted, mode }: ImportRequest) {
  await getOpenMemoryStore(reader, storeId)
  const current = await listHeadState(reader, storeId)
  const writes = planWrites({ current, wanted, goes: () => mode === 'replace' })
  const { created, deleted } = presentWrites(current, writes)
  const after = current.length + created - deleted
  if (after > memoryLimits.memoriesPerStore) {
    throw new DomainError(
      'limit_exceeded',
      `Memory store ${storeId} would hold ${after} memories; it takes at most ${memoryLimits.memoriesPerStore}. Nothing was written.`,
    )
  }
  return { current, writes }
}

type ImportPlan = Awaited<ReturnType<typeof planImport>>
