import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../../src/core/audit/record.ts'
import { listAuditRecords } from '../../src/storage/audit-records.ts'
import { listDreams } from '../../src/storage/dreams.ts'
import { openSqlite } from '../../src/storage/sqlite/open.ts'
import { listStaged } from '../../src/storage/transcripts.ts'
import { airlineMemory, airlineTranscripts } from '../_airline.ts'
import { ended, inFolder, run, start } from '../_program.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const salt = () => '0'.repeat(32)

/** Everything that must be the same after a crash: the audit log less its times, and what commands print. */
async function lookInto(folder: string) {
  const database = await openSqlite({
    path: join(folder, 'lucidream.db'),
    clock: Date.now,
    hash,
    salt,
  })
  try {
    const records: AuditRecord[] = []
    const { dreams, staged } = await database.read(async (reader) => {
      for (let afterSeq = 0; ; ) {
        const page = await listAuditRecords(reader, { afterSeq, limit: 500 })
        records.push(...page)
        const last = page.at(-1)
        if (!last) break
        afterSeq = last.seq
      }
      return { dreams: await listDreams(reader, { limit: 10 }), staged: await listStaged(reader) }
    })
    // An id names its time as well; salts are made by chance.
    const audit = records.map(
      ({ at: _, id: __, salt: ___, commitments: ____, leaf: _____, ...record }) => record,
    )
    return {
      audit,
      dreams: dreams.map(({ id, status }) => ({ id, status })),
      staged: staged.length,
    }
  } finally {
    await database.close()
  }
}

const importArgs = (data: string) => ['import', airlineTranscripts, '--quiet', '--data', data]
const dreamArgs = (data: string, out: string) => [
  'dream',
  '--memory',
  airlineMemory,
  '--out',
  out,
  '--quiet',
  '--data',
  data,
]

/** Kills the command `kills` times at points spread over the time it takes, then lets it end. */
async function killAndFinish(args: readonly string[], kills: readonly number[]) {
  let killed = 0
  for (const afterMs of kills) {
    const child = start(args)
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
    const { signal } = await ended(child)
    clearTimeout(timer)
    if (signal === 'SIGKILL') killed += 1
  }
  const last = await ended(start(args))
  expect(last.code).toBe(0)
  return { killed, out: last.out }
}

describe('kill -9', () => {
  it('twenty times, during imports and dreams: the same rows, audit log and report as without', async () => {
    await inFolder(async (folder) => {
      const [calm, hard] = [join(folder, 'calm'), join(folder, 'hard')]
      await ended(start(importArgs(calm)))
      const expected = await ended(start(dreamArgs(calm, join(folder, 'out'))))
      const imports = Array.from({ length: 10 }, (_, i) => 250 + i * 70)
      const dreams = Array.from({ length: 10 }, (_, i) => 250 + i * 50)
      const imported = await killAndFinish(importArgs(hard), imports)
      const dreamt = await killAndFinish(dreamArgs(hard, join(folder, 'out')), dreams)
      expect(imported.killed + dreamt.killed).toBeGreaterThan(5)
      expect(dreamt.out.replaceAll(hard, 'DATA')).toBe(expected.out.replaceAll(calm, 'DATA'))
      const [before, after] = [await lookInto(calm), await lookInto(hard)]
      expect(after.audit).toEqual(before.audit)
      expect(after.dreams).toEqual(before.dreams)
      expect(after.staged).toBe(0)
      const findings = async (data: string) =>
        (await run(['findings', '--json', '--raw', '--data', data])).out
      expect(await findings(hard)).toBe(await findings(calm))
    })
  }, 120_000)

  it('two imports at once: both end well and every session is there once', async () => {
    await inFolder(async (folder) => {
      const answers = await Promise.all([
        ended(start(importArgs(folder))),
        ended(start(importArgs(folder))),
      ])
      expect(answers.map(({ code }) => code)).toEqual([0, 0])
      const { audit, staged } = await lookInto(folder)
      expect(audit.filter(({ action }) => action === 'session.imported')).toHaveLength(315)
      expect(staged).toBe(0)
    })
  }, 60_000)
})
