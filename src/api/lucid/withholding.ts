import type { z } from 'zod'
import {
  withholdingPath,
  withholdingQuery,
  withholding as withholdingSchema,
  withholdingSettings,
} from '../../contract/lucid/withholding.ts'
import { DomainError } from '../../core/errors.ts'
import { keepLedgers } from '../../core/experiment/item-ledgers.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import { findGlobFault } from '../../core/policy/glob.ts'
import type { Reader } from '../../storage/database.ts'
import { findGoal } from '../../storage/experiment-goal.ts'
import { getMemoryStore } from '../../storage/memory-stores.ts'
import { listWithheldUses } from '../../storage/withheld-uses.ts'
import { findWithholding, setWithholding } from '../../storage/withholding.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const path = '/lucid/v1/memory_stores/{memory_store_id}/withholding'

type Shown = z.input<typeof withholdingSchema>

export const withholdingEndpoints = [
  defineEndpoint({
    method: 'GET',
    path,
    family,
    scopes: ['review'],
    summary:
      'Whether items of a store are left out by chance at checkouts, and with a goal what each item was worth.',
    params: withholdingPath,
    query: withholdingQuery,
    response: withholdingSchema,
    async handle({ context, params, query: { goal } }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const now = context.clock()
      const { shown, found } = await context.database.read(async (reader) => ({
        shown: await show(reader, storeId),
        found: goal === undefined ? null : await readUses(reader, { storeId, name: goal, now }),
      }))
      if (!found || goal === undefined) return shown
      const { items, units } = keepLedgers(found.uses)
      const waiting = found.waiting + found.uses.length - units
      const ledgers = items.map(({ id, ...item }) => ({ item: id, ...item }))
      return { ...shown, ledgers: { goal, units, waiting, items: ledgers } }
    },
  }),
  defineEndpoint({
    method: 'PUT',
    path,
    family,
    scopes: ['admin'],
    summary:
      'Leaves out items of a store by chance at checkouts, so that the worth of each can be told; off until then.',
    params: withholdingPath,
    body: withholdingSettings,
    response: withholdingSchema,
    async handle({ context, actor, params, body }) {
      const storeId = params.memory_store_id as MemoryStoreId
      for (const pattern of body.exempt_paths) refuseFault(pattern)
      return context.database.write(actor, async (writer) => {
        await getMemoryStore(writer, storeId)
        const { share, exempt_paths: exemptPaths } = body
        await setWithholding(writer, storeId, share === null ? null : { share, exemptPaths })
        await writer.audit({
          action: 'memory_store.withholding_set',
          objectType: 'memory_store',
          objectId: storeId,
          afterHash: context.hash(JSON.stringify(body)),
        })
        return show(writer, storeId)
      })
    },
  }),
]

async function show(reader: Reader, storeId: MemoryStoreId): Promise<Shown> {
  await getMemoryStore(reader, storeId)
  const settings = await findWithholding(reader, storeId)
  return {
    type: 'withholding',
    memory_store_id: storeId,
    share: settings?.share ?? null,
    exempt_paths: [...(settings?.exemptPaths ?? [])],
    ledgers: null,
  }
}

async function readUses(
  reader: Reader,
  {
    storeId,
    name,
    now,
  }: { readonly storeId: MemoryStoreId; readonly name: string; readonly now: number },
) {
  const goal = await findGoal(reader, name)
  if (goal) return listWithheldUses(reader, { storeId, goal, now })
  throw new DomainError('not_found', `goal: there is no outcome definition "${name}".`)
}

function refuseFault(pattern: string): void {
  const fault = findGlobFault(pattern)
  if (fault === null) return
  throw new DomainError('invalid_argument', `exempt_paths: "${pattern}" is no pattern: ${fault}.`)
}
