import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import type { z } from 'zod'
import { openEmbedded } from '../src/app.ts'
import { errorDocument } from '../src/contract/error.ts'
import { withholdingDocument } from '../src/contract/withholding.ts'
import type { ExposureId, OutcomeSignalId } from '../src/core/ids.ts'
import { parseItems } from '../src/core/items/items.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { hash, memoryStoreId } from '../src/storage/_rows.ts'
import type { Writer } from '../src/storage/database.ts'
import { insertMemory } from '../src/storage/memories.ts'
import { insertMemoryStore } from '../src/storage/memory-stores.ts'
import { insertFrame } from '../src/storage/withholding.ts'
import { type Answer, inFolder, run } from './_program.ts'

const storeId = memoryStoreId('one')
const content = '- Refund first.\n- Shout at people.\u001b[31m\n- Say the price.\n'

const parse = <Schema extends z.ZodType>(schema: Schema, { out }: Answer): z.infer<Schema> =>
  schema.parse(JSON.parse(out))

/** 900 units that do worse when they are told to shout; nothing is ever left out of what says the price. */
async function readUnits(writer: Writer): Promise<void> {
  const random = seededRandom(4)
  const document = { path: '/a.md', content, contentSha256: hash(content) }
  const items = parseItems(document, hash).map(({ id, path }) => ({ id, path }))
  await insertFrame(writer, { storeId, contentHash: 'f', items })
  const log = (gone: readonly string[]) =>
    JSON.stringify({ share: 0.1, frame: 'f', items: [...gone] })
  for (let at = 0; at < 900; at += 1) {
    const gone = items.slice(0, 2).flatMap(({ id }) => (random() < 0.1 ? [id] : []))
    const success = random() < (gone.includes(items[1]?.id ?? '') ? 0.95 : 0.3)
    const name = String(at).padStart(4, '0')
    const when = new Date(Date.parse('2026-01-01T00:00:00Z') + at * 1_000).toISOString()
    await writer.write
      .insertInto('exposures')
      .values({
        id: `expo_${name}` as ExposureId,
        store_id: storeId,
        experiment_id: null,
        unit_ordinal: null,
        unit: `u${at}`,
        arm: null,
        session_id: null,
        content_hash: 'x',
        via: 'checkout',
        withheld: log(gone),
        assigned_at: when,
        delivered_at: when,
        confirmed_at: null,
      })
      .execute()
    const signal = `osig_${name}` as OutcomeSignalId
    await writer.write
      .insertInto('outcome_signals')
      .values({
        id: signal,
        session_id: null,
        kind: 'resolved',
        value: null,
        success: success ? 1 : 0,
        components: '{}',
        decided_at: null,
        source: 'test',
        created_at: when,
      })
      .execute()
    await writer.write
      .insertInto('signal_joins')
      .values({
        signal_id: signal,
        ordinal: 0,
        session_id: null,
        exposure_id: `expo_${name}` as ExposureId,
        via: 'exposure_id',
        confidence: 'exact',
        created_at: when,
      })
      .execute()
  }
}

async function fill(dataDirectory: string): Promise<void> {
  const opened = await openEmbedded({
    dataDirectory,
    secrets: { maskKey: 'the key that tests use', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    signal: new AbortController().signal,
  })
  await opened.context.database.write({ type: 'user', id: 'test' }, async (writer) => {
    await insertMemoryStore(writer, { id: storeId, name: 'one', description: '', metadata: {} })
    await insertMemory(writer, { storeId, path: '/a.md', content })
    await readUnits(writer)
    await writer.audit({ action: 'x.y', objectType: 'x', objectId: 'x' })
  })
  await opened.close()
}

it('withholding on the command line: begun, looked at, ended; bad input is named and changes nothing', async () => {
  await inFolder(async (folder) => {
    const data = join(folder, 'data')
    await fill(data)
    const plain = (...args: string[]) => run(['withholding', ...args, '--quiet', '--data', data])
    const command = (...args: string[]) => plain(...args, '--json')
    const show = async (...args: string[]) => {
      const answer = await command(storeId, ...args)
      expect(answer.out).not.toContain('"error"')
      return parse(withholdingDocument, answer)
    }
    expect(await show()).toMatchObject({ share: null, ledgers: null })
    expect((await plain(storeId)).out).toContain('nothing is left out. Begin with')
    for (const [args, says] of [
      [['one'], 'no memory store one'],
      [[storeId, '--share', '0.05', '--goal', 'none'], 'no outcome definition "none"'],
      [[storeId, '--share', '0.2'], '--share: at most 0.1'],
      [[storeId, '--share', 'some'], '--share: '],
      [[storeId, '--exempt', '/a'], 'give both'],
      [[storeId, '--off', '--share', '0.05'], '--off leaves out nothing'],
      [[storeId, '--share', '0.05', '--exempt', 'safety'], 'is no pattern'],
      [[storeId, '--goal', 'resolved'], 'no outcome definition "resolved"'],
      [['memstore_none'], 'memstore_none'],
    ] as const) {
      const answer = await command(...args)
      expect(parse(errorDocument, answer).error.message).toContain(says)
      expect(answer.code).not.toBe(0)
    }
    expect((await show()).share).toBeNull()
    expect(await show('--share', '0.05', '--exempt', '/safe/**', '/b.md')).toMatchObject({
      share: 0.05,
      exempt_paths: ['/safe/**', '/b.md'],
    })
    expect((await plain(storeId)).out).toContain('each item is left out of 5 % of units')
    const file = join(folder, 'goal.json')
    writeFileSync(file, '{"signals":[{"kind":"resolved"}]}')
    await run(['outcomes', 'define', 'resolved', '--file', file, '--data', data])
    const { ledgers } = await show('--goal', 'resolved')
    expect(ledgers).toMatchObject({ units: 900, waiting: 0, late: 0, never: 0, harmful: 1 })
    const verdicts = ledgers?.items.map(({ text, verdict }) => [text, verdict]) ?? []
    expect(Object.fromEntries(verdicts)).toEqual({
      '- Refund first.': 'not_proven',
      '- Shout at people.\u001b[31m': 'harmful',
      '- Say the price.': 'not_estimable',
    })
    const { out } = await plain(storeId, '--goal', 'resolved')
    expect(out).toMatch(/harmful: 1\n {2}\/a\.md {2}- Shout at people\.\\x1b\[31m\n {4}does harm, /)
    expect(out.indexOf('harmful')).toBeLessThan(out.indexOf('not estimable: 1'))
    expect(await show('--off')).toMatchObject({ share: null, exempt_paths: [] })
    expect((await show('--goal', 'resolved')).ledgers?.units).toBe(900)
  })
})
