import {
  dreamPath,
  findingInContext,
  findingPage,
  findingPath,
  findingQuery,
} from '../../contract/lucid/findings.ts'
import type { DreamId, FindingId } from '../../core/ids.ts'
import { presentFinding } from '../../core/present/finding.ts'
import { presentQuoteInContext } from '../../core/present/quote-in-context.ts'
import { getDream } from '../../storage/dreams.ts'
import { getFinding, listFindingPage, type StoredFinding } from '../../storage/findings.ts'
import { readQuotesInContext } from '../../storage/quotes-in-context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { cutPage, readOrdinal } from './ordinal-pages.ts'

const family = 'lucid'
const scopes = ['review'] as const

export const findingEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/dreams/{dream_id}/findings',
    family,
    scopes,
    summary: 'What a dream found, best first, each with its quotes.',
    params: dreamPath,
    query: findingQuery,
    response: findingPage,
    async handle({ context, params, query }) {
      const dreamId = params.dream_id as DreamId
      const list = `findings ${dreamId}`
      const found = await context.database.read(async (reader) => {
        await getDream(reader, dreamId)
        return listFindingPage(reader, {
          dreamId,
          kind: query.kind,
          taskType: query.task_type,
          grade: query.grade,
          after: readOrdinal(context.keyring, list, query.page),
          limit: query.limit + 1,
        })
      })
      return cutPage(found, { keyring: context.keyring, list, limit: query.limit, present })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/findings/{finding_id}',
    family,
    scopes,
    summary: 'One finding, its quotes in their context.',
    params: findingPath,
    response: findingInContext,
    async handle({ context, params }) {
      return context.database.read(async (reader) => {
        const stored = await getFinding(reader, params.finding_id as FindingId)
        const quotes = await readQuotesInContext(reader, stored.dreamId, stored.finding.evidence)
        return { ...present(stored), evidence: quotes.map(presentQuoteInContext) }
      })
    },
  }),
]

const present = (stored: StoredFinding) => ({
  type: 'finding' as const,
  dream_id: stored.dreamId,
  ...presentFinding(stored),
})
