import { pino } from 'pino'
import { openContext } from '../../src/app.ts'
import { runWorker } from '../../src/pipeline/worker.ts'
import { cutAtWrite, type Kill } from './_killing-database.ts'

/** A worker of its own process that is killed or stopped at a write after it took a step of a dream. */
export interface WorkerOrder {
  readonly databaseUrl: string
  readonly data: string
  readonly leaseMs: number
  readonly kill: Kill | null
}

async function work({ databaseUrl, data, leaseMs, kill }: WorkerOrder): Promise<void> {
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  const cut = cutAtWrite(kill ?? { at: 0, moment: 'before' })
  const opened = await openContext({
    dataDirectory: data,
    secrets: {
      maskKey: 'the key that tests use',
      secretKey: null,
      bootstrapKey: null,
      databaseUrl,
    },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    signal: stop.signal,
    leaseMs,
  })
  const { context } = opened
  // Claims that find nothing do not count: from the first taken step on, everything it writes does.
  const cutting = cut.around(context.database)
  await runWorker({ ...context, database: cutting })
  await opened.close()
}

const [, script, order] = process.argv
if (script === import.meta.filename && order !== undefined) await work(JSON.parse(order))
