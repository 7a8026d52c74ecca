import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { commit, formatEntry, hashEntry } from '../src/core/audit/entry.ts'
import { Frontier } from '../src/core/audit/frontier.ts'
import { fromHex } from '../src/core/audit/hex.ts'
import { formatHead, formatLine } from '../src/core/audit/log-file.ts'
import { formatKey, signCheckpoint } from '../src/core/audit/notary.ts'
import { makeNotary } from '../src/notary.ts'
import { sealLog } from '../src/storage/audit-checkpoints.ts'
import { proveGrowth, proveRecord } from '../src/storage/audit-proofs.ts'
import type { Database } from '../src/storage/database.ts'
import { openSqlite } from '../src/storage/sqlite/open.ts'
import { inFolder, measure } from './_measure.ts'
import { keepResults, type Row } from './_results.ts'
import { seeded } from './_sessions.ts'

const records = 1_000_000
const proofs = 400
const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const notary = makeNotary({ seed: hash('bench'), origin: 'example.com/audit' })
const operator = { type: 'user', id: 'bench' } as const

/** The log of a million records: checked as a file, and sealed and proven in the database. */
export async function benchAudit(): Promise<void> {
  await inFolder(async (folder) => {
    const rows = [...(await benchVerify(folder)), ...(await benchDatabase(folder))]
    keepResults('audit', rows)
  })
}

async function benchVerify(folder: string): Promise<Row[]> {
  const path = join(folder, 'log')
  const { entries, root } = writeLog(path)
  const key = formatKey(notary, { name: notary.origin, publicKey: notary.publicKey })
  writeFileSync(join(folder, 'checkpoint'), signCheckpoint(notary, { size: records, root }))
  const args = ['audit', 'verify', path, '--checkpoint', join(folder, 'checkpoint'), '--key', key]
  const run = () => execFileSync(process.execPath, ['bin/lucidream.mjs', ...args])
  const seconds = await measure(3, run)
  const bare = await measure(3, () => hashAlone(entries))
  return [
    {
      metric: 'lucidream audit verify, 1 000 000 records, s',
      value: seconds,
      goal: null,
      reached: null,
      note: `${Math.round(statSync(path).size / 1e6)} MB, the process from start to end`,
    },
    { metric: 'the same hashes alone, in memory, s', value: bare, goal: null, reached: null },
    {
      metric: 'verify × hashing alone',
      value: seconds / bare,
      goal: null,
      reached: null,
    },
  ]
}

function writeLog(path: string) {
  const file = openSync(path, 'w')
  writeSync(file, `${formatHead({ origin: notary.origin, from: 1, before: [] })}\n`)
  const frontier = new Frontier(notary.hash)
  const entries: string[] = []
  for (let seq = 1; seq <= records; ) {
    let text = ''
    for (const end = Math.min(seq + 5_000, records + 1); seq < end; seq += 1) {
      const entry = makeEntry(seq)
      const leaf = hashEntry(notary.hashText, entry)
      entries.push(entry)
      frontier.add(fromHex(leaf))
      text += `${formatLine(entry, leaf)}\n`
    }
    writeSync(file, text)
  }
  closeSync(file)
  return { entries, root: frontier.root }
}

function makeEntry(seq: number): string {
  const content = { beforeHash: null, afterHash: String(seq), reason: null }
  return formatEntry({
    seq,
    at: '2026-11-25T08:00:00.000Z',
    actor: operator,
    action: 'memory.updated',
    objectType: 'memory',
    objectId: `mem_${String(seq).padStart(24, '0')}`,
    workspaceId: 'wrkspc_default',
    commitments: commit(notary.hashText, '0'.repeat(32), content),
  })
}

/** One hash a leaf and one a node, and nothing read, compared or kept. */
function hashAlone(entries: readonly string[]): void {
  const node = new Uint8Array(65)
  for (const entry of entries) {
    notary.hashText(`\0${entry}`)
    notary.hash(node)
  }
}

async function benchDatabase(folder: string): Promise<Row[]> {
  const path = join(folder, 'lucidream.db')
  let salts = 0
  const salt = () => (salts++).toString(16).padStart(32, '0')
  const database = await openSqlite({ path, clock: Date.now, hash: notary.hashText, salt })
  const written = await measure(1, () => append(database, records))
  const first = await measure(1, () => sealLog(database, notary))
  await append(database, 1_000)
  const next = await measure(1, () => sealLog(database, notary))
  const random = seeded(1)
  const any = () => 1 + Math.floor(random() * records)
  const inclusion = await time(() => proveRecord(database, notary, { seq: any(), size: records }))
  const growth = await time(() => proveGrowth(database, notary, { from: any(), to: records }))
  await database.close()
  const reported = { goal: null, reached: null }
  return [
    {
      metric: 'records appended a second, 1 000 a write',
      value: Math.round(records / written),
      ...reported,
    },
    { metric: 'first checkpoint over 1 000 000 records, s', value: first, ...reported },
    {
      metric: 'checkpoint after 1 000 more, ms',
      value: next * 1_000,
      goal: '≤ 2 000',
      reached: next <= 2,
    },
    { metric: 'inclusion proof, p99 ms', value: inclusion, n: proofs, ...reported },
    { metric: 'consistency proof, p99 ms', value: growth, n: proofs, ...reported },
  ]
}

async function append(database: Database, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1_000) {
    await database.write(operator, async (writer) => {
      for (let index = 0; index < 1_000; index += 1) {
        const objectId = `mem_${done + index}`
        await writer.audit({ action: 'memory.updated', objectType: 'memory', objectId })
      }
    })
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < proofs; round += 1) times.push(await measure(1, work))
  return (times.toSorted((a, b) => a - b)[Math.floor(proofs * 0.99)] ?? 0) * 1_000
}
