import { storeDiffPage, storeDiffQuery, storePath } from '../../contract/lucid/stores.ts'
import { toTimestamp } from '../../core/clock.ts'
import { diffTexts } from '../../core/diff/text-diff.ts'
import type { MemoryStoreId, MemoryVersionId } from '../../core/ids.ts'
import { presentTextDiff } from '../../core/present/text-diff.ts'
import {
  compareTexts,
  type Difference,
  hasText,
  nameChange,
  type StateEntry,
  type WantedText,
} from '../../core/store-state.ts'
import { readTexts } from '../../storage/memory-states.ts'
import { getMemoryStore } from '../../storage/memory-stores.ts'
import { readNamedMoment } from '../../storage/store-moments.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { reading } from '../v1/memory-frame.ts'

type Side = StateEntry & WantedText

export const storeDiffEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/memory_stores/{memory_store_id}/diff',
    family: 'lucid',
    scopes: reading,
    summary:
      'What differs between two moments of a memory store, or between it and another store, path by path.',
    params: storePath,
    query: storeDiffQuery,
    response: storeDiffPage,
    async handle({ context, params, query }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const { keyring, clock } = context
      const list = `store diff ${storeId} ${query.from} ${query.to}`
      const behind = query.page === undefined ? '' : String(readCursor(keyring, list, query.page))
      return context.database.read(async (reader) => {
        await getMemoryStore(reader, storeId)
        const now = toTimestamp(clock())
        const from = await readNamedMoment(reader, query.from, { storeId, now })
        const to = await readNamedMoment(reader, query.to, { storeId, now })
        const all = compareTexts(from.filter(hasText), to.filter(hasText))
        const left = all.filter(({ path }) => path > behind)
        const shown = left.slice(0, query.limit)
        const texts = await readTexts(reader, shown.flatMap(versionsOf))
        const last = left.length > shown.length ? shown.at(-1) : undefined
        return {
          data: shown.map((one) => present(one, texts)),
          next_page: last ? writeCursor(keyring, list, last.path) : null,
          paths: all.length,
          redacted: [...from, ...to].flatMap((one) => (hasText(one) ? [] : [one.versionId])),
        }
      })
    },
  }),
]

const versionsOf = ({ before, after }: Difference<Side, Side>): MemoryVersionId[] =>
  [before, after].flatMap((side) => (side ? [side.versionId] : []))

function present(one: Difference<Side, Side>, texts: ReadonlyMap<MemoryVersionId, string>) {
  const textOf = (side: Side | null) => (side === null ? '' : texts.get(side.versionId))
  const [before, after] = [textOf(one.before), textOf(one.after)]
  return {
    path: one.path,
    change: nameChange(one),
    before: presentSide(one.before),
    after: presentSide(one.after),
    diff:
      before === undefined || after === undefined
        ? null
        : presentTextDiff(diffTexts(before, after)),
  }
}

const presentSide = (side: Side | null) =>
  side && {
    memory_id: side.memoryId,
    memory_version_id: side.versionId,
    content_sha256: side.contentSha256,
    content_size_bytes: side.contentSizeBytes ?? 0,
  }
