import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeSomething, hash, importer, jobId, note } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import { listAuditRecords } from './audit-records.ts'
import type { Database, Reader, Writer } from './database.ts'
import { insertJob } from './jobs-table.ts'
import { listMemoryStores } from './memory-stores.ts'

export function describeDoors(fresh: Fresh): void {
  describe('the write door', () => describeWrite(fresh))
  describe('writes that wait at the same time', () => describeGroups(fresh))
  describe('the read door', () => describeRead(fresh))
  describe('the audit log', () => describeAudit(fresh))
  describe('every door', () => describeLifetime(fresh))
}

function describeWrite(fresh: Fresh): void {
  test('what a write stored and noted is there for every later reader', async () => {
    const database = fresh.database()
    const record = await database.write(importer, async (writer) => {
      await changeSomething(writer, 'a')
      return note(writer, 'a')
    })
    expect(await names(database)).toEqual(['a'])
    expect(await records(database)).toEqual([record])
    expect(record).toMatchObject({ seq: 1, at: '2026-11-24T04:00:00.000Z', actor: importer })
  })

  test('a write that changed rows without an audit record is refused and undone', async () => {
    const database = fresh.database()
    const writing = database.write(importer, (writer) => changeSomething(writer, 'a'))
    await expect(writing).rejects.toMatchObject({ code: 'audit_missing' })
    expect(await names(database)).toEqual([])
  })

  test('even disposable rows need an audit record when they change through the write door', async () => {
    const writing = fresh.database().write(importer, (writer) => insertJob(writer, job))
    await expect(writing).rejects.toMatchObject({ code: 'audit_missing' })
  })

  test('a write that changed nothing needs no audit record', async () => {
    const found = await fresh.database().write(importer, (writer) => namesIn(writer))
    expect(found).toEqual([])
  })

  test('an error thrown inside undoes rows and audit records, and reaches the caller as it is', async () => {
    const database = fresh.database()
    const error = new Error('stop')
    const writing = database.write(importer, async (writer) => {
      await changeSomething(writer, 'a')
      await note(writer, 'a')
      throw error
    })
    await expect(writing).rejects.toBe(error)
    expect(await names(database)).toEqual([])
    expect(await records(database)).toEqual([])
  })

  test('writes run one at a time, in the order in which they were asked for', async () => {
    const database = fresh.database()
    const seen: string[] = []
    const one = (name: string) =>
      database.write(importer, async (writer) => {
        seen.push(`${name} begins`)
        await changeSomething(writer, name)
        await new Promise((resolve) => setImmediate(resolve))
        await note(writer, name)
        seen.push(`${name} ends`)
      })
    await Promise.all([one('a'), one('b')])
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })

  test('what waits for a commit is called after it, and never for what was undone', async () => {
    const database = fresh.database()
    const called: string[] = []
    await database.scratch(async (scratch) => {
      scratch.onCommit(() => called.push('scratch'))
      expect(called).toEqual([])
    })
    const undone = database.write(importer, async (writer) => {
      writer.onCommit(() => called.push('undone'))
      throw new Error('stop')
    })
    await expect(undone).rejects.toThrow('stop')
    await database.write(importer, async (writer) => writer.onCommit(() => called.push('write')))
    expect(called).toEqual(['scratch', 'write'])
  })

  test('a statement that failed fails its door, even when its error was caught', async () => {
    const database = fresh.database()
    await addStore(database, 'a')
    const writing = database.write(importer, async (writer) => {
      await changeSomething(writer, 'b')
      await note(writer, 'b')
      await changeSomething(writer, 'a').catch(() => {})
    })
    await expect(writing).rejects.toMatchObject({ code: 'conflict' })
    expect(await names(database)).toEqual(['a'])
  })

  test('a write inside a write is refused instead of waiting for itself', async () => {
    const database = fresh.database()
    const nested = database.write(importer, () => database.scratch(async () => {}))
    await expect(nested).rejects.toThrow('inside another')
  })

  test('scratch needs no audit record, and its type lets no domain row through', async () => {
    const database = fresh.database()
    await database.scratch((scratch) => insertJob(scratch, job))
    expect(await records(database)).toEqual([])
    await database.scratch(async (scratch) => {
      // @ts-expect-error memories are not among the tables of scratch
      const query = scratch.scratch.selectFrom('memories')
      expect(query).toBeDefined()
    })
  })

  test('whatever happens inside writes, exactly the noted and finished ones are stored', async () => {
    const database = fresh.database()
    const stored: string[] = []
    const fate = fc.constantFrom('finish', 'throw', 'forget')
    let next = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 6 }), async (fates) => {
        for (const given of fates) {
          const name = `store ${String(next++).padStart(5, '0')}`
          const writing = database.write(importer, async (writer) => {
            await changeSomething(writer, name)
            if (given !== 'forget') await note(writer, name)
            if (given === 'throw') throw new Error('stop')
          })
          if (given === 'finish') {
            await writing
            stored.push(name)
          } else await expect(writing).rejects.toThrow()
        }
        expect((await names(database)).toSorted()).toEqual(stored)
        const noted = await records(database)
        expect(noted.map((record) => record.objectId)).toEqual(stored)
        expect(noted.map((record) => record.seq)).toEqual(stored.map((_, index) => index + 1))
      }),
      { numRuns: 25 },
    )
  })
}

function describeGroups(fresh: Fresh): void {
  test('each of 32 writers gets its own result, in the order of asking', async () => {
    const database = fresh.database()
    const writing = Array.from({ length: 32 }, (_, index) =>
      database.write(importer, async (writer) => {
        await changeSomething(writer, `store ${index}`)
        return note(writer, `store ${index}`)
      }),
    )
    const noted = await Promise.all(writing)
    expect(noted.map(({ objectId }) => objectId)).toEqual(noted.map((_, i) => `store ${i}`))
    expect(noted.map(({ seq }) => seq)).toEqual(noted.map((_, index) => index + 1))
    expect(await records(database)).toEqual(noted)
    expect(await names(database)).toHaveLength(32)
  })

  test('share one transaction: later ones see earlier ones, readers see none before all are stored', async () => {
    const database = fresh.database()
    const [first, second] = [addStore(database, 'a'), addStore(database, 'b')]
    const third = database.write(importer, async (writer) => ({
      inside: await namesIn(writer),
      outside: await names(database),
    }))
    expect((await third).inside.toSorted()).toEqual(['a', 'b'])
    expect((await third).outside).toEqual([])
    await Promise.all([first, second])
  })

  test('one that fails is undone alone, whatever made it fail', async () => {
    const database = fresh.database()
    const called: string[] = []
    const one = (name: string, work: (writer: Writer) => Promise<unknown>) =>
      database.write(importer, async (writer) => {
        writer.onCommit(() => called.push(name))
        await changeSomething(writer, name)
        await work(writer)
      })
    const outcomes = await Promise.allSettled([
      one('a', (writer) => note(writer, 'a')),
      one('forgot', async () => {}),
      one('b', (writer) => note(writer, 'b')),
      one('threw', async (writer) => {
        await note(writer, 'threw')
        throw new Error('stop')
      }),
      one('twice', async (writer) => {
        await note(writer, 'twice')
        await changeSomething(writer, 'twice')
      }),
      one('c', (writer) => note(writer, 'c')),
    ])
    const failed = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason.code ?? outcome.reason.message) : null,
    )
    expect(failed).toEqual([null, 'audit_missing', null, 'stop', 'conflict', null])
    expect((await names(database)).toSorted()).toEqual(['a', 'b', 'c'])
    expect((await records(database)).map(({ seq, objectId }) => [seq, objectId])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ])
    expect(called).toEqual(['a', 'b', 'c'])
  })

  test('more than one transaction holds are all stored, in order', async () => {
    const database = fresh.database()
    const writing = Array.from({ length: 150 }, (_, index) =>
      database.write(importer, (writer) => note(writer, String(index))),
    )
    const seqs = (await Promise.all(writing)).map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  })
}

function describeRead(fresh: Fresh): void {
  test('one read sees one moment, whatever is written meanwhile', async () => {
    const database = fresh.database()
    await database.read(async (reader) => {
      expect(await namesIn(reader)).toEqual([])
      await addStore(database, 'a')
      expect(await namesIn(reader)).toEqual([])
    })
    expect(await names(database)).toEqual(['a'])
  })

  test('the moment is the opening of the door, not the first query', async () => {
    const database = fresh.database()
    await database.read(async (reader) => {
      await addStore(database, 'a')
      expect(await namesIn(reader)).toEqual([])
    })
  })

  test('a reader sees nothing of a write that has not finished; the writer sees it all', async () => {
    const database = fresh.database()
    await database.write(importer, async (writer) => {
      await changeSomething(writer, 'a')
      expect(await namesIn(writer)).toEqual(['a'])
      expect(await names(database)).toEqual([])
      await note(writer, 'a')
    })
  })

  test('many reads run at the same time', async () => {
    const database = fresh.database()
    let open = 0
    let release = () => {}
    const allOpen = new Promise<void>((resolve) => {
      release = resolve
    })
    const reads = Array.from({ length: 12 }, () =>
      database.read(async (reader) => {
        open += 1
        if (open === 12) release()
        await allOpen
        return namesIn(reader)
      }),
    )
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 12 }, () => []))
  })

  test('a read that throws reaches the caller, and reading goes on', async () => {
    const database = fresh.database()
    const reading = database.read(async () => {
      throw new Error('stop')
    })
    await expect(reading).rejects.toThrow('stop')
    expect(await names(database)).toEqual([])
  })
}

function describeAudit(fresh: Fresh): void {
  test('a stored record can be neither changed nor deleted nor replaced', async () => {
    const database = fresh.database()
    await addStore(database, 'a')
    const [record] = await records(database)
    const forbidden: ((writer: Writer) => Promise<unknown>)[] = [
      (writer) => writer.write.updateTable('audit_records').set({ action: 'x' }).execute(),
      (writer) => writer.write.updateTable('audit_records').set({ leaf: null }).execute(),
      (writer) => writer.write.updateTable('audit_salts').set({ reason: 'x' }).execute(),
      (writer) =>
        writer.write
          .insertInto('audit_records')
          .values({ ...rowLike(2), id: 'aud_other' as never, leaf: null })
          .execute(),
      (writer) => writer.write.deleteFrom('audit_records').execute(),
      (writer) => writer.write.replaceInto('audit_records').values(rowLike(1)).execute(),
      (writer) => writer.write.replaceInto('audit_records').values(rowLike(2)).execute(),
      (writer) =>
        writer.write
          .insertInto('audit_records')
          .values({ ...rowLike(7), id: 'aud_other' as never })
          .execute(),
    ]
    const rowLike = (seq: number) => ({
      seq,
      id: record?.id as never,
      at: '',
      actor_type: 'user' as const,
      actor_id: '',
      action: '',
      object_type: '',
      object_id: '',
      before_commitment: null,
      after_commitment: null,
      reason_commitment: null,
      leaf: '0'.repeat(64),
    })
    for (const work of forbidden) {
      await expect(database.write(importer, work)).rejects.toThrow()
    }
    expect(await records(database)).toEqual([record])
  })

  test('an id names who did what and when, tells nothing of the content, and comes out the same in every database', async () => {
    const database = fresh.database()
    await database.write(importer, async (writer) => {
      await note(writer, 'a')
      await writer.audit({
        action: 'a.b',
        objectType: 'c',
        objectId: 'd',
        beforeHash: hash('x'),
        reason: 'NUL \0, half a pair \ud800, and "quotes"',
      })
    })
    const [, hostile] = await records(database)
    expect(hostile?.reason).toBe('NUL \ufffd, half a pair \ufffd, and "quotes"')
    const ids = (await records(database)).map((record) => record.id)
    expect(ids).toEqual(['aud_69b3ec0faaedc3a37decd69a', 'aud_4e4427cf03edc4363566e9cc'])
  })

  test('lists pages in order, and only what the filter asks for', async () => {
    const database = fresh.database()
    for (const name of ['a', 'b', 'a', 'c']) {
      await database.write(importer, (writer) => note(writer, name))
    }
    const list = (page: Parameters<typeof listAuditRecords>[1]) =>
      database.read(async (reader) =>
        (await listAuditRecords(reader, page)).map((record) => record.seq),
      )
    expect(await list({ limit: 2 })).toEqual([1, 2])
    expect(await list({ limit: 2, afterSeq: 2 })).toEqual([3, 4])
    expect(await list({ limit: 9, filter: { objectId: 'a' } })).toEqual([1, 3])
    expect(await list({ limit: 9, filter: { objectType: 'session' } })).toEqual([])
  })
}

function describeLifetime(fresh: Fresh): void {
  test('a reader, a writer and a scratch refuse to work once their door has closed', async () => {
    const database = fresh.database()
    const reader = await database.read(async (given) => given)
    const writer = await database.write(importer, async (given) => given)
    const scratch = await database.scratch(async (given) => given)
    await expect(namesIn(reader)).rejects.toThrow('after its transaction ended')
    await expect(namesIn(writer)).rejects.toThrow('after its transaction ended')
    await expect(changeSomething(writer, 'a')).rejects.toThrow('after its transaction ended')
    await expect(note(writer, 'a')).rejects.toThrow('after its transaction ended')
    await expect(insertJob(scratch, job)).rejects.toThrow('after its transaction ended')
  })

  test('closing waits for open doors and refuses new ones', async () => {
    const database = fresh.database()
    const writing = addStore(database, 'a')
    const reading = names(database)
    await database.close()
    await writing
    await reading
    await expect(names(database)).rejects.toThrow('is closed')
    await expect(addStore(database, 'b')).rejects.toThrow('is closed')
    await database.close()
    const again = await fresh.subject.open(fresh.place(), { clock: () => 0 })
    expect(await names(again)).toEqual(['a'])
    await again.close()
  })
}

const job = { id: jobId('a'), kind: 'digest', payload: {}, availableAt: 0 }

const namesIn = async (reader: Reader): Promise<string[]> =>
  (await listMemoryStores(reader, { limit: 1_000 })).map((store) => store.name)

const names = (database: Database) => database.read(namesIn)

const records = (database: Database) =>
  database.read((reader) => listAuditRecords(reader, { limit: 1_000 }))

const addStore = (database: Database, name: string) =>
  database.write(importer, async (writer) => {
    await changeSomething(writer, name)
    await note(writer, name)
  })
