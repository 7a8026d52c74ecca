import type { z } from 'zod'
import { newSelectedDream, selectedDream } from '../../contract/lucid/dreams.ts'
import { dreamPath } from '../../contract/v1/dreams.ts'
import type { DreamId, MemoryStoreId } from '../../core/ids.ts'
import type { Reader } from '../../storage/database.ts'
import { type Dream, getDream } from '../../storage/dreams.ts'
import { createDream } from '../../storage/new-dream.ts'
import { refuseOtherStore, refuseWriting } from '../dream-rights.ts'
import { defineEndpoint } from '../endpoint.ts'
import { presentDream } from '../wire-dream.ts'

const family = 'lucid'
const scopes = ['review'] as const

export const selectedDreamEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/dreams',
    family,
    scopes,
    summary: 'Starts a dream over all sessions that a selector finds, however many.',
    body: newSelectedDream,
    response: selectedDream,
    async handle({ context, caller, actor, body }) {
      const { memory_store_id, output_behavior: behavior } = body
      refuseWriting(caller, behavior.type)
      refuseOtherStore(behavior, memory_store_id)
      return context.database.write(actor, async (writer) =>
        present(
          writer,
          await createDream(writer, context, {
            storeId: memory_store_id as MemoryStoreId,
            sessions: { choice: body.selector },
            model: body.model,
            instructions: body.instructions ?? null,
            outputBehavior: behavior.type,
            origin: 'api',
          }),
        ),
      )
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/dreams/{dream_id}',
    family,
    scopes,
    summary: 'One dream with its selector and the number of its sessions.',
    params: dreamPath,
    response: selectedDream,
    async handle({ context, params }) {
      return context.database.read(async (reader) =>
        present(reader, await getDream(reader, params.dream_id as DreamId)),
      )
    },
  }),
]

async function present(reader: Reader, one: Dream): Promise<z.input<typeof selectedDream>> {
  return {
    ...(await presentDream(reader, one)),
    session_count: one.sessionCount,
    selector: one.selector,
    schedule_id: one.scheduleId,
  }
}
