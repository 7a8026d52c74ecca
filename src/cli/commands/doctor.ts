import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DoctorDocument } from '../../contract/doctor.ts'
import { listDreams } from '../../storage/dreams.ts'
import { countSessions } from '../../storage/sessions.ts'
import { listStaged } from '../../storage/transcripts.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import type { Opened, Surroundings } from '../surroundings.ts'
import { groupDigits } from '../text.ts'

type Check = DoctorDocument['checks'][number]

/** Whether everything is as it should be; answers `failed` when a check failed. */
export function runDoctor(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async (opened) => {
    const checks = [
      ...checkMachine(invocation.surroundings),
      ...(await checkDisk(opened)),
      ...(await checkRows(opened)),
    ]
    invocation.print({ version: 1, kind: 'doctor', checks } satisfies DoctorDocument, () =>
      checks.map(({ name, state, message }) => `${marks[state]} ${name}: ${message}`),
    )
    return checks.some(({ state }) => state === 'failed') ? exitCodes.failed : exitCodes.ok
  })
}

const marks = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' } as const

/** Older SQLite may corrupt a database when two processes write and checkpoint at once (WAL-reset bug). */
const safeSqlite = [3, 51, 3]

function checkMachine({ facts, version }: Surroundings): Check[] {
  const { node, sqlite, platform } = facts()
  const safe = compareVersions(sqlite.split('.').map(Number), safeSqlite) >= 0
  return [
    { name: 'lucidream', state: 'ok', message: `${version} on ${platform}` },
    { name: 'node', state: 'ok', message: node },
    {
      name: 'sqlite',
      state: safe ? 'ok' : 'warning',
      message: safe
        ? sqlite
        : `${sqlite}: two processes writing at once may damage the database before 3.51.3; use Node 22.23, 24.21 or newer`,
    },
  ]
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  const index = b.findIndex((part, at) => (a[at] ?? 0) !== part)
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}

const enoughBytes = 1024 ** 3

async function checkDisk({ databasePath }: Opened): Promise<Check[]> {
  if (databasePath === null) return []
  const { bavail, bsize } = await statfs(dirname(databasePath))
  const free = bavail * bsize
  const mebibytes = groupDigits(Math.floor(free / 1024 ** 2))
  return [
    {
      name: 'disk',
      state: free < enoughBytes ? 'warning' : 'ok',
      message: `${mebibytes} MiB free beside ${databasePath}`,
    },
  ]
}

async function checkRows({ context }: Opened): Promise<Check[]> {
  return context.database.read(async (reader) => {
    const sessions = await countSessions(reader)
    const staged = (await listStaged(reader)).filter(({ owner }) => !context.isAlive(owner))
    const running = await context.jobs.list(reader, { states: ['queued', 'running'], limit: 1_000 })
    const failed = await listDreams(reader, { filter: { statuses: ['failed'] }, limit: 100 })
    return [
      {
        name: 'sessions',
        state: sessions === 0 ? 'warning' : 'ok',
        message: sessions === 0 ? 'none yet; run `lucidream import PATH`' : groupDigits(sessions),
      },
      {
        name: 'imports',
        state: staged.length === 0 ? 'ok' : 'warning',
        message:
          staged.length === 0
            ? 'none was cut off'
            : `${staged.length} transcripts of an import that was cut off; the next import removes them`,
      },
      {
        name: 'jobs',
        state: running.length === 0 ? 'ok' : 'warning',
        message:
          running.length === 0
            ? 'none waiting'
            : `${running.length} wait; \`lucidream dream\` goes on with them`,
      },
      {
        name: 'dreams',
        state: failed.length === 0 ? 'ok' : 'warning',
        message: failed[0]
          ? `${failed.length} failed; ${failed[0].id}: ${failed[0].error?.message ?? 'no reason kept'}`
          : 'none failed',
      },
    ]
  })
}
