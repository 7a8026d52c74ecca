import {
  changeInContext,
  changePage,
  changePath,
  changeQuery,
} from '../../contract/lucid/changes.ts'
import { dreamPath } from '../../contract/lucid/findings.ts'
import { applyChanges } from '../../core/change/apply.ts'
import { toTimestamp } from '../../core/clock.ts'
import { diffTexts } from '../../core/diff/text-diff.ts'
import type { ChangeId, DreamId, Hash } from '../../core/ids.ts'
import { nameFinding, presentChange } from '../../core/present/change.ts'
import { presentFinding } from '../../core/present/finding.ts'
import { presentQuoteInContext } from '../../core/present/quote-in-context.ts'
import { presentTextDiff } from '../../core/present/text-diff.ts'
import { getChange, listChangePage, type StoredChange } from '../../storage/changes.ts'
import type { Reader } from '../../storage/database.ts'
import { getDream } from '../../storage/dreams.ts'
import { listFindingsById } from '../../storage/findings.ts'
import { readJudged } from '../../storage/judged-changes.ts'
import { findMemoryByPath } from '../../storage/memories.ts'
import { getMemoryVersion } from '../../storage/memory-versions.ts'
import { readQuotesInContext } from '../../storage/quotes-in-context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { cutPage, readOrdinal } from './ordinal-pages.ts'

const family = 'lucid'
const scopes = ['review'] as const

export const changeEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/dreams/{dream_id}/changes',
    family,
    scopes,
    summary: 'What a dream proposes, in its order, each with its quotes.',
    params: dreamPath,
    query: changeQuery,
    response: changePage,
    async handle({ context, params, query }) {
      const dreamId = params.dream_id as DreamId
      const list = `changes ${dreamId}`
      const found = await context.database.read(async (reader) => {
        await getDream(reader, dreamId)
        return listChangePage(reader, {
          dreamId,
          status: query.status,
          path: query.path,
          after: readOrdinal(context.keyring, list, query.page),
          limit: query.limit + 1,
        })
      })
      return cutPage(found, {
        keyring: context.keyring,
        list,
        limit: query.limit,
        present: (stored) => present(stored, context.hash),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/changes/{change_id}',
    family,
    scopes,
    summary:
      'One change with all that a reviewer needs: its texts, their difference, its evidence.',
    params: changePath,
    response: changeInContext,
    async handle({ context: { database, hash, clock }, params }) {
      return database.read(async (reader) => {
        const stored = await getChange(reader, params.change_id as ChangeId)
        const { change, dreamId } = stored
        const quotes = await readQuotesInContext(reader, dreamId, change.evidence)
        const ids = change.findingKeys.map((key) => nameFinding(dreamId, key, hash))
        const findings = await listFindingsById(reader, ids)
        return {
          ...present(stored, hash),
          ...(await readJudged({ ...reader, hash, at: toTimestamp(clock()) }, stored)),
          ...(await readTexts(reader, stored, hash)),
          applies: await stillApplies(reader, stored),
          evidence: quotes.map(presentQuoteInContext),
          findings: findings.map((one) => {
            const { evidence, ...statistics } = presentFinding(one)
            return statistics
          }),
        }
      })
    },
  }),
]

const present = (stored: StoredChange, hash: Hash) => ({
  type: 'change' as const,
  ...presentChange(stored, hash),
})

/** The text before and after this change alone. */
async function readTexts(reader: Reader, { change, baseVersionId }: StoredChange, hash: Hash) {
  const base = baseVersionId ? (await getMemoryVersion(reader, baseVersionId)).content : null
  if (base === null && baseVersionId !== null) {
    return { base_text: null, result_text: null, diff: null }
  }
  const documents =
    base === null || change.baseSha256 === null
      ? []
      : [{ path: change.path, content: base, contentSha256: change.baseSha256 }]
  const applied = applyChanges(documents, [change], hash)
  const result = applied.documents.find(({ path }) => path === change.path)?.content ?? null
  return {
    base_text: base,
    result_text: result,
    diff: presentTextDiff(diffTexts(base ?? '', result ?? '')),
  }
}

async function stillApplies(reader: Reader, { change, dreamId }: StoredChange): Promise<boolean> {
  const { inputStoreId: storeId } = await getDream(reader, dreamId)
  const head = await findMemoryByPath(reader, { storeId, path: change.path })
  return (head?.contentSha256 ?? null) === change.baseSha256
}
