import { setTimeout as sleep } from 'node:timers/promises'
import { beginDream } from '../../pipeline/dream.ts'
import { importPaths } from '../../pipeline/import.ts'
import { readMemoryFolder } from '../../pipeline/memory-folder.ts'
import { mirrorFolder } from '../../pipeline/memory-store.ts'
import { refreshPolicies } from '../../pipeline/policies/refresh.ts'
import { installStarterPolicy } from '../../pipeline/policies/starter.ts'
import { runWorker } from '../../pipeline/worker.ts'
import { insertApiKey, listApiKeys } from '../../storage/api-keys.ts'
import type { Reader } from '../../storage/database.ts'
import { getDream, isLive } from '../../storage/dreams.ts'
import { listMemoryStores } from '../../storage/memory-stores.ts'
import { makeApiKey } from '../../storage/new-api-key.ts'
import { listPolicies } from '../../storage/policies.ts'
import { countSessions } from '../../storage/sessions.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, nameDatabase, withData } from '../invocation.ts'
import type { Opened } from '../surroundings.ts'

export interface ServeCommandOptions extends GlobalOptions {
  readonly host?: string
  readonly port?: number
  readonly empty?: boolean
  /** False after `--no-work`: the API alone. */
  readonly work?: boolean
}

const operator = { type: 'user', id: 'cli' } as const

/** Time that open requests get to end after the server was told to stop. */
const drainMs = 10_000

/** Serves until the process is told to stop; the first start on an empty database makes the first key. */
export function runServe(invocation: Invocation, options: ServeCommandOptions): Promise<number> {
  const { surroundings } = invocation
  return withData(invocation, options, async (opened) => {
    const key = await makeFirstKey(opened, surroundings.bootstrapKey)
    const server = await surroundings.serve(opened, options)
    invocation.note(`Lucidream listens on ${server.url} with its data in ${nameDatabase(opened)}`)
    if (key !== null) {
      invocation.note(`First API key, shown only now (scope admin): ${key}`)
    }
    const working = options.work === false ? null : runWorker(opened.context)
    try {
      if (options.empty !== true) await showBundled(invocation, opened)
      await untilAborted(surroundings.signal)
      invocation.note('Stopping: open requests may end, nothing new is taken.')
    } finally {
      await Promise.all([server.stop(drainMs), working])
    }
    return exitCodes.ok
  })
}

/**
 * On a database that holds nothing, the bundled sessions are read and dreamt over, so that there is something
 * to look at. An import that fails costs nothing but a note.
 */
async function showBundled(invocation: Invocation, { context }: Opened): Promise<void> {
  if (!(await context.database.read(isEmpty))) return
  invocation.note(
    'The database is empty: reading the bundled airline sessions (--empty leaves them out).',
  )
  try {
    await dreamBundled(invocation, context)
  } catch (error) {
    if (invocation.surroundings.signal.aborted) return
    context.log.error({ err: error }, 'the bundled sessions were left out')
    const why = error instanceof Error ? error.message : String(error)
    invocation.note(`The bundled sessions were left out: ${why}`)
  }
}

async function dreamBundled(invocation: Invocation, context: Opened['context']): Promise<void> {
  const { demo, signal } = invocation.surroundings
  await offerStarter(invocation, context)
  const { totals } = await importPaths(context, [demo.transcripts], () => {})
  const folder = await readMemoryFolder(demo.memory, context.hash)
  const storeId = await mirrorFolder(context, folder, operator)
  const { id } = await beginDream(context, { storeId, filter: {}, actor: operator })
  invocation.note(
    `Read ${totals.sessions} sessions; dream ${id} is begun on memory store ${storeId}.`,
  )
  while (!signal.aborted) {
    const dream = await context.database.read((reader) => getDream(reader, id))
    if (!isLive(dream.status)) {
      invocation.note(
        `Dream ${id} ${dream.status}: GET /lucid/v1/dreams/${id}/changes shows what it proposes.`,
      )
      return
    }
    await sleep(250, undefined, { signal }).catch(() => {})
  }
}

/** Without a policy nothing may be applied; whoever tries things out gets one to look at. */
export async function offerStarter(
  { note }: Pick<Invocation, 'note'>,
  context: Opened['context'],
): Promise<void> {
  await refreshPolicies(context)
  if ((await context.database.read(listPolicies)).length > 0) return
  const path = await installStarterPolicy(context)
  note(
    `Installed the starter policy, ${path}: one person approves each change. It is yours to tighten.`,
  )
}

async function isEmpty(reader: Reader): Promise<boolean> {
  if ((await countSessions(reader)) > 0) return false
  return (await listMemoryStores(reader, { limit: 1 })).length === 0
}

/** Null where there is a key already, or where the administrator chose it and so knows it. */
async function makeFirstKey(
  { context }: Opened,
  bootstrapKey: string | null,
): Promise<string | null> {
  const { key, row } = makeApiKey(context, {
    name: 'first key',
    scopes: ['admin'],
    expiresAt: null,
    owner: 'admin',
    ...(bootstrapKey === null ? {} : { key: bootstrapKey }),
  })
  return context.database.write(operator, async (writer) => {
    if ((await listApiKeys(writer)).length > 0) return null
    await insertApiKey(writer, row)
    await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
    return bootstrapKey === null ? key : null
  })
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
