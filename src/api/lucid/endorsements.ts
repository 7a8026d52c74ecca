import {
  endorsedMemory,
  endorsementList,
  endorsement as endorsementSchema,
  newEndorsement,
} from '../../contract/lucid/endorsements.ts'
import { storePath } from '../../contract/lucid/stores.ts'
import { DomainError } from '../../core/errors.ts'
import type { MemoryId, MemoryStoreId } from '../../core/ids.ts'
import { presentEndorsement } from '../../core/present/endorsement.ts'
import { endorseMemory } from '../../storage/endorse-memory.ts'
import { listEndorsements } from '../../storage/endorsements.ts'
import { getMemory } from '../../storage/memories.ts'
import { getMemoryStore, getOpenMemoryStore } from '../../storage/memory-stores.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const scopes = ['review'] as const
const newest = 100

export const endorsementEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/memory_stores/{memory_store_id}/memories/{memory_id}/endorse',
    family,
    scopes,
    summary:
      'A named person stands for lines of a memory, or for all of it: they may be trusted further from the next dream on, until the text changes.',
    params: endorsedMemory,
    body: newEndorsement,
    response: endorsementSchema,
    async handle({ context, actor, params, body }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const id = context.newId('endr')
      const made = await context.database.write(actor, async (writer) => {
        await getOpenMemoryStore(writer, storeId)
        const memory = await getMemory(writer, params.memory_id as MemoryId)
        if (memory.storeId !== storeId) {
          throw new DomainError(
            'not_found',
            `Memory store ${storeId} has no memory ${params.memory_id}.`,
          )
        }
        return endorseMemory(writer, {
          id,
          storeId,
          memory,
          contentSha256: body.content_sha256,
          text: body.text ?? null,
          taint: body.taint,
          person: body.person,
          reason: body.reason,
        })
      })
      return presentEndorsement(made)
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/memory_stores/{memory_store_id}/endorsements',
    family,
    scopes,
    summary: `The newest ${newest} endorsements in a memory store, void ones too.`,
    params: storePath,
    response: endorsementList,
    async handle({ context, params }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const found = await context.database.read(async (reader) => {
        await getMemoryStore(reader, storeId)
        return listEndorsements(reader, storeId, newest)
      })
      return { data: found.map(presentEndorsement) }
    },
  }),
]
