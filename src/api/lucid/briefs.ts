import { briefAnswer, briefQuery, newestBriefQuery } from '../../contract/lucid/briefs.ts'
import { dreamPath } from '../../contract/lucid/findings.ts'
import { DomainError } from '../../core/errors.ts'
import type { DreamId, Hash, MemoryStoreId } from '../../core/ids.ts'
import type { Keyring } from '../../core/keyring.ts'
import { presentBrief } from '../../core/present/brief.ts'
import { nameFinding } from '../../core/present/change.ts'
import { defaultBudget } from '../../core/propose/brief.ts'
import { writeBriefs } from '../../core/propose/briefs.ts'
import { signUnder } from '../../core/trust/personal-data.ts'
import type { Reader } from '../../storage/database.ts'
import { getDream } from '../../storage/dreams.ts'
import { listFindings } from '../../storage/findings.ts'
import { getMemoryStore } from '../../storage/memory-stores.ts'
import { findNewestDream } from '../../storage/newest-dream.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const scopes = ['review', 'memory:read', 'memory:write'] as const

export const briefEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/dreams/{dream_id}/brief',
    family,
    scopes,
    summary: 'What to tell an agent before its next run, from one dream.',
    params: dreamPath,
    query: briefQuery,
    response: briefAnswer,
    async handle({ context: { database, hash, keyring }, params, query }) {
      return database.read(async (reader) => {
        const { id } = await getDream(reader, params.dream_id as DreamId)
        return answer(reader, id, { ...query, hash, keyring })
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/brief',
    family,
    scopes,
    summary: 'What to tell an agent before its next run, from the newest dream that is complete.',
    query: newestBriefQuery,
    response: briefAnswer,
    async handle({ context: { database, hash, keyring }, query }) {
      return database.read(async (reader) => {
        const storeId = query.memory_store_id as MemoryStoreId | undefined
        if (storeId !== undefined) await getMemoryStore(reader, storeId)
        const id = await findNewestDream(reader, storeId)
        if (id !== null) return answer(reader, id, { ...query, hash, keyring })
        const over = storeId === undefined ? '' : ` over memory store ${storeId}`
        throw new DomainError(
          'not_found',
          `No dream${over} is complete yet; start one with POST /v1/dreams.`,
        )
      })
    },
  }),
]

interface Wanted {
  readonly task_type?: string | undefined
  readonly budget?: number | undefined
  readonly hash: Hash
  readonly keyring: Keyring
}

async function answer(reader: Reader, id: DreamId, { task_type, budget, hash, keyring }: Wanted) {
  const findings = (await listFindings(reader, id)).map(({ finding }) => finding)
  const briefs = writeBriefs(findings, {
    taskType: task_type,
    budget: budget ?? defaultBudget,
    sign: signUnder(keyring, hash),
  })
  return {
    type: 'brief' as const,
    dream_id: id,
    data: briefs.map((brief) => presentBrief(brief, (key) => nameFinding(id, key, hash))),
  }
}
