import { runWorker } from '../../pipeline/worker.ts'
import { insertApiKey, listApiKeys } from '../../storage/api-keys.ts'
import { makeApiKey } from '../../storage/new-api-key.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import type { Opened } from '../surroundings.ts'

export interface ServeCommandOptions extends GlobalOptions {
  readonly host?: string
  readonly port?: number
  readonly empty?: boolean
  /** False after `--no-work`: the API alone. */
  readonly work?: boolean
}

/** Time that open requests get to end after the server was told to stop. */
const drainMs = 10_000

/** Serves until the process is told to stop; the first start on an empty database makes the first key. */
export function runServe(invocation: Invocation, options: ServeCommandOptions): Promise<number> {
  const { surroundings } = invocation
  return withData(invocation, options, async (opened) => {
    const key = await makeFirstKey(opened, surroundings.bootstrapKey)
    const server = await surroundings.serve(opened, options)
    invocation.note(`Lucidream listens on ${server.url} with its data in ${opened.databasePath}`)
    if (key !== null) {
      invocation.note(`First API key, shown only now (scope admin): ${key}`)
    }
    const working = options.work === false ? null : runWorker(opened.context)
    await untilAborted(surroundings.signal)
    invocation.note('Stopping: open requests may end, nothing new is taken.')
    await Promise.all([server.stop(drainMs), working])
    return exitCodes.ok
  })
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
    ...(bootstrapKey === null ? {} : { key: bootstrapKey }),
  })
  return context.database.write({ type: 'user', id: 'cli' }, async (writer) => {
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
