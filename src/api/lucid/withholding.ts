import {
  withholdingPath,
  withholdingQuery,
  withholding as withholdingSchema,
  withholdingSettings,
} from '../../contract/lucid/withholding.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import { putWithholding } from '../../storage/withholding.ts'
import { presentWithholding, viewWithholding } from '../../storage/withholding-view.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const path = '/lucid/v1/memory_stores/{memory_store_id}/withholding'

export const withholdingEndpoints = [
  defineEndpoint({
    method: 'GET',
    path,
    family,
    scopes: ['review'],
    summary:
      'Whether items of a store are left out by chance at checkouts (never in mounted stores), and with a goal what each item was worth.',
    params: withholdingPath,
    query: withholdingQuery,
    response: withholdingSchema,
    async handle({ context: { database, clock, hash }, params, query: { goal } }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const view = await database.read(({ read }) =>
        viewWithholding({ read, hash }, { storeId, goal, now: clock() }),
      )
      return { type: 'withholding' as const, ...presentWithholding(view) }
    },
  }),
  defineEndpoint({
    method: 'PUT',
    path,
    family,
    scopes: ['admin'],
    summary:
      'Leaves out items of a store by chance at checkouts, so that the worth of each can be told; off until then. Stores that sessions mount are read whole.',
    params: withholdingPath,
    body: withholdingSettings,
    response: withholdingSchema,
    async handle({ context: { database, clock }, actor, params, body }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const { share, exempt_paths: exemptPaths } = body
      const settings = share === null ? null : { share, exemptPaths }
      const view = await database.write(actor, async (writer) => {
        await putWithholding(writer, storeId, settings)
        return viewWithholding(writer, { storeId, goal: undefined, now: clock() })
      })
      return { type: 'withholding' as const, ...presentWithholding(view) }
    },
  }),
]
