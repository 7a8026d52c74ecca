import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { commit, formatEntry, hashEntry } from '../../src/core/audit/entry.ts'
import { fromHex, toHex } from '../../src/core/audit/hex.ts'
import { hashTree, verifyConsistency, verifyInclusion } from '../../src/core/audit/merkle.ts'
import { openCheckpoint } from '../../src/core/audit/notary.ts'
import type { AuditRecord } from '../../src/core/audit/record.ts'
import { findCheckpoint, sealLog } from '../../src/storage/audit-checkpoints.ts'
import { proveGrowth, proveRecord } from '../../src/storage/audit-proofs.ts'
import { eraseAuditSalts, listAuditRecords } from '../../src/storage/audit-records.ts'
import type { Database } from '../../src/storage/database.ts'
import { migrations } from '../../src/storage/migrations/index.ts'
import { runSql } from '../../src/storage/postgres/_server.ts'
import { migratePostgres } from '../../src/storage/postgres/open.ts'
import { migrateSqlite } from '../../src/storage/sqlite/open.ts'
import { append, clerk, exportText, hash, inPlace, notary, places } from './_log.ts'

const records = (database: Database): Promise<AuditRecord[]> =>
  database.read((reader) => listAuditRecords(reader, { limit: 100_000 }))
const rootOf = (list: readonly AuditRecord[]) =>
  hashTree(
    notary.hash,
    list.map(({ leaf }) => fromHex(leaf)),
  )
const key = { name: notary.origin, publicKey: notary.publicKey }

describe('an entry', () => {
  it('is canonical JSON of these fields, and hashes as RFC 6962 has it', () => {
    const content = { beforeHash: null, afterHash: 'ab', reason: 'why' }
    const entry = formatEntry({
      seq: 7,
      at: '2026-11-25T08:00:00.000Z',
      actor: clerk,
      action: 'memory.created',
      objectType: 'memory',
      objectId: 'é\u0001"',
      workspaceId: 'wrkspc_default',
      commitments: commit(hash, '0'.repeat(32), content),
    })
    expect(entry).toBe(
      '{"action":"memory.created","actor":{"id":"clerk","type":"user"},' +
        `"after":"${hash(`lucidream audit after\n${'0'.repeat(32)}\nab`)}",` +
        '"at":"2026-11-25T08:00:00.000Z","before":null,"object_id":"é\\u0001\\"","object_type":"memory",' +
        `"reason":"${hash(`lucidream audit reason\n${'0'.repeat(32)}\nwhy`)}",` +
        '"seq":7,"workspace":"wrkspc_default"}',
    )
    const bytes = Buffer.concat([Buffer.of(0), Buffer.from(entry)])
    expect(hashEntry(hash, entry)).toBe(toHex(notary.hash(bytes)))
  })
})

describe.each(places)('the audit log on $name', (place) => {
  it('has a leaf for every record that anyone can make again from what it shows', async () => {
    await inPlace(place, async (database) => {
      await append(database, 0, 20)
      const list = await records(database)
      expect(list).toHaveLength(20)
      for (const record of list) {
        expect(record.leaf).toBe(hashEntry(hash, formatEntry(record)))
        expect(record.commitments).toEqual(commit(hash, record.salt ?? '', record))
      }
      expect(new Set(list.map(({ salt }) => salt)).size).toBe(20)
    })
  })

  it('makes checkpoints that hold at every size, and hashes only what came since', async () => {
    await inPlace(place, async (database) => {
      let hashed = 0
      const counting = {
        ...notary,
        hash(bytes: Uint8Array) {
          hashed += 1
          return notary.hash(bytes)
        },
      }
      expect((await sealLog(database, notary)).size).toBe(0)
      for (const count of [1, 2, 255, 1, 300, 17]) {
        await append(database, 0, count)
        const sealed = await sealLog(database, counting)
        // Each leaf costs two at most, and what was there before some hundred.
        expect(hashed).toBeLessThan(2 * count + 300)
        const list = await records(database)
        expect(sealed).toMatchObject({ size: list.length, root: toHex(rootOf(list)) })
        const opened = openCheckpoint(notary, sealed.note, key)
        expect(opened).toMatchObject({ origin: 'example.com/audit', size: list.length })
        expect(toHex(opened.root)).toBe(sealed.root)
        hashed = 0
        // Again without news: the same one, and no record of it.
        expect(await sealLog(database, notary)).toEqual(sealed)
        expect(await database.read(findCheckpoint)).toEqual(sealed)
      }
    })
  })

  it('proves every record in it, and every earlier log its beginning', async () => {
    await inPlace(place, async (database) => {
      await append(database, 0, 777)
      const list = await records(database)
      for (const seq of [1, 2, 256, 257, 512, 513, 768, 776, 777]) {
        for (const size of [seq, Math.min(777, seq + 300), 777]) {
          const { hashes, root, record } = await proveRecord(database, notary, { seq, size })
          expect(toHex(root)).toBe(toHex(rootOf(list.slice(0, size))))
          const leaf = fromHex(record.leaf)
          const given = { leaf, index: seq - 1, size, proof: hashes, root }
          expect(verifyInclusion(notary.hash, given)).toBe(true)
        }
        const grown = await proveGrowth(database, notary, { from: seq, to: null })
        const given = {
          oldSize: seq,
          oldRoot: rootOf(list.slice(0, seq)),
          size: 777,
          root: grown.toRoot,
          proof: grown.hashes,
        }
        expect(verifyConsistency(notary.hash, given)).toBe(true)
      }
    })
  })

  it('refuses proofs beyond its end', async () => {
    await inPlace(place, async (database) => {
      await append(database, 0, 3)
      const refused = (given: { seq: number; size: number | null }) =>
        expect(proveRecord(database, notary, given)).rejects
      await refused({ seq: 4, size: null }).toMatchObject({ code: 'not_found' })
      await refused({ seq: 1, size: 4 }).toMatchObject({ code: 'not_found' })
      await refused({ seq: 3, size: 2 }).toMatchObject({ code: 'invalid_argument' })
      const growth = proveGrowth(database, notary, { from: 3, to: 2 })
      await expect(growth).rejects.toMatchObject({ code: 'invalid_argument' })
    })
  })

  it('stays as it is, with every proof, when contents and salts are erased', async () => {
    await inPlace(place, async (database) => {
      await append(database, 0, 40)
      const sealed = await sealLog(database, notary)
      const before = await exportText(database)
      const [first] = await records(database)
      if (!first) throw new Error('There are no records.')
      const erased = await database.write(clerk, async (writer) => {
        const about = { type: first.objectType, id: first.objectId }
        const count = await eraseAuditSalts(writer, about)
        await writer.audit({ action: 'x.erased', objectType: 'x', objectId: 'x' })
        return count
      })
      expect(erased).toBe(2)
      const after = await records(database)
      expect(after[0]).toEqual({
        ...first,
        beforeHash: null,
        afterHash: null,
        reason: null,
        salt: null,
      })
      expect(after[0]?.leaf).toBe(hashEntry(hash, formatEntry(after[0] as AuditRecord)))
      expect((await exportText(database)).startsWith(before)).toBe(true)
      expect(toHex(rootOf(after.slice(0, 40)))).toBe(sealed.root)
      const { hashes, root, record } = await proveRecord(database, notary, { seq: 1, size: 40 })
      const leaf = fromHex(record.leaf)
      const given = { leaf, index: 0, size: 40, proof: hashes, root }
      expect(verifyInclusion(notary.hash, given)).toBe(true)
    })
  })

  it('takes in the records that were there before it, and tells that it did', async () => {
    const old = await place.createEmpty()
    const older = migrations.slice(
      0,
      migrations.findIndex(({ name }) => name === 'audit'),
    )
    const options = { clock: () => 0, hash, migrations: older }
    const insert = (seq: number) =>
      `INSERT INTO audit_records VALUES (${seq}, 'aud_${seq}', 'then', 'user', 'x', 'a.b', 'a', 'b', 'before', NULL, 'reason ${seq}')`
    if (place.name === 'SQLite') {
      await migrateSqlite({ path: old, ...options })
      const bare = new DatabaseSync(old)
      for (let seq = 1; seq <= 5; seq += 1) bare.exec(insert(seq))
      bare.close()
    } else {
      await migratePostgres({ url: old, ...options })
      for (let seq = 1; seq <= 5; seq += 1) await runSql(old, insert(seq))
    }
    const database = await place.open(old)
    const list = await records(database)
    expect(list.map(({ action }) => action)).toEqual([
      ...Array.from({ length: 5 }, () => 'a.b'),
      'audit_log.begun',
    ])
    expect(list[4]).toMatchObject({ reason: 'reason 5', beforeHash: 'before', afterHash: null })
    for (const record of list) {
      expect(record.leaf).toBe(hashEntry(hash, formatEntry(record)))
      expect(record.salt).toMatch(/^[0-9a-f]{32}$/)
    }
    await database.close()
    const again = await place.open(old)
    expect(await records(again)).toEqual(list)
    await again.close()
    await place.remove(old)
  })
})

describe('two databases', () => {
  it.skipIf(places.length < 2)('give the same leaves for the same entries', async () => {
    const texts = await Promise.all(
      places.map((place) =>
        inPlace(place, async (database) => {
          await append(database, 0, 60)
          return exportText(database)
        }),
      ),
    )
    expect(texts[1]).toBe(texts[0])
    // Pinned: entries and leaves of a released version never change.
    expect(hash(texts[0] ?? '')).toBe(
      '05f03cc3c8a8f038782725745b4e1465ed756e9169c5d2e84d00afa8fd4dfa6e',
    )
  })
})
