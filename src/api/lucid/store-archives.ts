import { z } from 'zod'
import { exportQuery, importedStore, importQuery, storePath } from '../../contract/lucid/stores.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Hash, MemoryStoreId } from '../../core/ids.ts'
import { memoryLimits } from '../../core/memory.ts'
import { hasText, type StateEntry, type WantedText } from '../../core/store-state.ts'
import type { Database, Reader } from '../../storage/database.ts'
import { listHeadState, readTexts } from '../../storage/memory-states.ts'
import {
  getMemoryStore,
  getOpenMemoryStore,
  type MemoryStore,
} from '../../storage/memory-stores.ts'
import { type PathWrite, writePaths } from '../../storage/store-writes.ts'
import { defineEndpoint } from '../endpoint.ts'
import { reading, writing } from '../v1/memory-frame.ts'
import { checkManifest, renderManifest } from './store-manifest.ts'
import { readMoment } from './store-moments.ts'
import {
  manifestName,
  memoriesFolder,
  readStoreTar,
  type StoreTar,
  type TarFile,
  writeTar,
} from './store-tar.ts'
import { planWrites, presentWrites } from './store-writes.ts'

const family = 'lucid'

export const storeArchiveEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/memory_stores/{memory_store_id}/export',
    family,
    scopes: reading,
    summary:
      'A memory store as a tar: manifest.json, then every memory under memories/ and its path.',
    params: storePath,
    query: exportQuery,
    response: z.string(),
    media: 'application/x-tar',
    async handle({ context, params, query }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const { database } = context
      const found = await database.read(async (reader) => {
        const store = await getMemoryStore(reader, storeId)
        const now = toTimestamp(context.clock())
        const moment = { storeId, snapshotId: query.snapshot_id, at: query.at, now }
        return { store, ...(await readMoment(reader, moment)) }
      })
      return new Response(writeTar(listFiles(database, found)), {
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

interface Found {
  readonly store: MemoryStore
  readonly at: string
  readonly entries: readonly StateEntry[]
}

/** Texts of at most 2 MB are in memory at a time. */
const textsAtOnce = 20

/** Redacted versions are left out; the manifest says that they were there. */
async function* listFiles(database: Database, found: Found): AsyncGenerator<TarFile> {
  yield { name: manifestName, text: renderManifest(found) }
  const left = found.entries.filter(hasText)
  while (left.length > 0) {
    const batch = left.splice(0, textsAtOnce)
    const ids = batch.map(({ versionId }) => versionId)
    const texts = await database.read((reader) => readTexts(reader, ids))
    for (const { path, versionId } of batch) {
      const text = texts.get(versionId)
      if (text === undefined) throw new Error(`${versionId} was redacted during its export.`)
      yield { name: `${memoriesFolder}${path}`, text }
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
