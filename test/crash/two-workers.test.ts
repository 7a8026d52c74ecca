import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { findServer, runSql } from '../../src/storage/postgres/_server.ts'
import { ended, inFolder } from '../_program.ts'
import { writeFewTranscripts } from './_cutting.ts'
import { dumpPostgres, listDifferences } from './_dump.ts'
import type { Kill } from './_killing-database.ts'
import { now, openPlace, type Run } from './_place.ts'
import { inDatabase } from './_postgres-copies.ts'
import { orderDream, prepareScenario } from './_scenario.ts'
import type { WorkerOrder } from './_worker.ts'

const server = findServer('two workers on Postgres')
const leaseMs = 2_000
const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

function startWorker(order: WorkerOrder): ChildProcess {
  const child = spawn(process.execPath, ['test/crash/_worker.ts', JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(child)
  return child
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await pause(100)
}

const statusOf = async ({ call }: Run, id: string) =>
  (await call<{ status: string }>('GET', `/v1/dreams/${id}`)).status

describe.skipIf(server === null)('workers on one Postgres', () => {
  it('one killed, one stopped past its lease and continued: it writes nothing, the dream ends once', async () => {
    await inFolder((data) =>
      inDatabase(server ?? '', async (databaseUrl) => {
        const place = { data, databaseUrl }
        const given = { transcripts: writeFewTranscripts(data, 12), hook: '' }
        await prepareScenario('dream into its input store', place, given)
        const run = await openPlace(place)
        // These workers live by the real clock.
        run.setClock(Date.now() - now)
        const id = await orderDream(run, 'update_existing')
        const start = (kill: Kill | null) => startWorker({ data, databaseUrl, leaseMs, kill })
        const killed = start({ at: 1, moment: 'inside' })
        expect(await ended(killed)).toMatchObject({ signal: 'SIGKILL' })
        const stopped = start({ at: 2, moment: 'before', signal: 'SIGSTOP' })
        const exit = ended(stopped)
        await until(() => isStopped(stopped))
        const heldBefore = await runSql(
          databaseUrl,
          "SELECT id, attempt FROM jobs WHERE state = 'running'",
        )
        expect(heldBefore).toHaveLength(1)
        const healthy = start(null)
        const healthyExit = ended(healthy)
        await until(async () => (await statusOf(run, id)) === 'completed')
        healthy.kill('SIGTERM')
        expect(await healthyExit).toMatchObject({ code: 0 })
        const before = await dumpPostgres(databaseUrl)
        stopped.kill('SIGCONT')
        await pause(1_000)
        stopped.kill('SIGTERM')
        expect(await exit).toMatchObject({ code: 0 })
        const differences = listDifferences(before, await dumpPostgres(databaseUrl))
        // Its clock may be due to seal what others wrote to the log, which adds nothing to it.
        expect(differences.filter((one) => !/^(\+ )?audit_checkpoints\b/.test(one))).toEqual([])
        const ends = await runSql(
          databaseUrl,
          `SELECT 1 FROM audit_records WHERE action = 'dream.completed' AND object_id = '${id}'`,
        )
        expect(ends).toHaveLength(1)
        await run.close()
      }),
    )
  }, 120_000)
})

/** Linux says T; elsewhere a second is enough for a process that stops itself. */
async function isStopped({ pid }: ChildProcess): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (state === null) return pause(1_000).then(() => true)
  return /\) T /.test(state)
}
