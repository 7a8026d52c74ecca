import { describe, expect, test } from 'vitest'
import type { NewId, OutcomeSignalId, WebhookReceiptId } from '../core/ids.ts'
import { makeId } from '../core/ids.ts'
import { type MaskedSignal, maskSignals } from '../core/outcome/masked-signal.ts'
import type { NewSignal } from '../core/outcome/signal.ts'
import { countIds, outboxOf, withOther } from './_experiment.ts'
import { hash, sessionId, storeSession, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import { deleteJoinRule, listJoinRules, putJoinRule, readRejoinMark } from './join-rules.ts'
import {
  findOutcomeDefinition,
  listOutcomeDefinitions,
  putOutcomeDefinition,
} from './outcome-definitions.ts'
import { type Received, receiveSignals } from './received-signals.ts'
import { cutNextSession, endCutting, listTouchedSignals } from './session-keys.ts'
import { listJoins, rejoinSignals } from './signal-joins.ts'
import { listSignals } from './signal-pages.ts'
import {
  endWebhookReceipt,
  findPackedBody,
  getWebhookReceipt,
  insertWebhookReceipt,
  listWebhookReceipts,
  packBody,
  replayWebhookReceipt,
  unpackBody,
} from './webhook-receipts.ts'
import {
  deleteWebhookSource,
  getWebhookSource,
  getWebhookSourceOfReceipt,
  insertWebhookSource,
} from './webhook-sources.ts'

/** What came of sessions, by whom it was told, and what it means. */
export function describeOutcomes(fresh: Fresh): void {
  describe('outcome signals', () => describeSignals(fresh))
  describe('joins', () => describeJoins(fresh))
  describe('outcome definitions', () => describeDefinitions(fresh))
  describe('join rules', () => describeRules(fresh))
  describe('webhook receipts', () => describeReceipts(fresh))
}

const actor = { type: 'user', id: 'u' } as const

const mask = (signals: readonly Partial<NewSignal>[]): Promise<MaskedSignal[]> =>
  maskSignals(
    { mask: async (records) => ({ records }), sign: (text) => hash(text) },
    signals.map((given) => ({
      source: 'builds',
      idempotencyKey: 'key',
      kind: 'ci',
      value: null,
      success: true,
      components: {},
      decidedAt: null,
      principal: null,
      signed: false,
      subjects: [],
      explanation: null,
      ...given,
    })),
  )

async function receive(
  fresh: Fresh,
  database: Database,
  ...signals: readonly Partial<NewSignal>[]
): Promise<Received[]> {
  const outbox = await outboxOf(fresh)
  const masked = await mask(signals)
  return database.write(actor, (writer) => receiveSignals(writer, outbox, masked))
}

const listAll = (database: Database) =>
  database.read((reader) => listSignals(reader, { filter: {}, limit: 1_000 }))

function describeSignals(fresh: Fresh): void {
  test('of one source and key are one, whoever sends them at once and how often', async () => {
    const database = fresh.database()
    const keys = Array.from({ length: 15 }, (_, at) => `key ${at}`)
    const send = (one: Database, from: number) =>
      Promise.all(
        keys.map((idempotencyKey, at) =>
          receive(fresh, one, { idempotencyKey, value: ((at + from) % 3) / 2 }),
        ),
      )
    const answers = await withOther(fresh, async (other) =>
      (await Promise.all([send(database, 0), send(other, 1), send(other, 0)])).flat(2),
    )
    const byId = Map.groupBy(answers, ({ id }) => id)
    expect(byId.size).toBe(keys.length)
    const stored = await listAll(database)
    expect(stored).toHaveLength(keys.length)
    for (const [id, own] of byId) {
      const states = own.map(({ state }) => state)
      expect(states.filter((state) => state === 'stored')).toHaveLength(1)
      // Two of three senders say the same; the third says something else, and the first one stays.
      expect(states.toSorted()).toEqual(
        states.includes('known')
          ? ['conflict', 'known', 'stored']
          : ['conflict', 'conflict', 'stored'],
      )
      expect(stored.filter((one) => one.id === id)).toHaveLength(1)
    }
  })

  test('sent twice in one batch are told apart: known where they say the same, a conflict where not', async () => {
    const database = fresh.database()
    const answers = await receive(
      fresh,
      database,
      { idempotencyKey: 'a' },
      { idempotencyKey: 'a' },
      { idempotencyKey: 'a', success: false },
      { idempotencyKey: 'a', source: 'others', success: false },
    )
    expect(answers.map(({ state }) => state)).toEqual(['stored', 'known', 'conflict', 'stored'])
    const again = await receive(fresh, database, { idempotencyKey: 'a', components: {} })
    expect(again).toEqual([{ id: answers[0]?.id, state: 'known', joins: 0 }])
    expect(await receive(fresh, database)).toEqual([])
  })

  test('that are undone with their write are new the next time', async () => {
    const database = fresh.database()
    const outbox = await outboxOf(fresh)
    const masked = await mask([{}])
    const undone = database.write(actor, async (writer) => {
      await receiveSignals(writer, outbox, masked)
      throw new Error('stop')
    })
    await expect(undone).rejects.toThrow('stop')
    expect(await listAll(database)).toEqual([])
    expect((await receive(fresh, database, {}))[0]?.state).toBe('stored')
  })

  test('pages hold each once, newest first, whatever their size and however many came in one moment', async () => {
    const database = fresh.database()
    for (let at = 0; at < 9; at += 1) {
      if (at % 4 === 0) fresh.time.ms += 1_000
      await receive(fresh, database, {
        idempotencyKey: String(at),
        kind: at % 3 === 0 ? 'csat' : 'ci',
      })
    }
    const all = await listAll(database)
    expect(all).toHaveLength(9)
    const places = all.map(({ createdAt, id }) => `${createdAt} ${id}`)
    expect(places).toEqual(places.toSorted().reverse())
    for (const limit of [1, 2, 5]) {
      const list = (after?: (typeof all)[number]) =>
        database.read((reader) => listSignals(reader, { filter: {}, after, limit }))
      const paged = []
      for (let page = await list(); page.length > 0; ) {
        paged.push(...page)
        page = await list(page.at(-1))
      }
      expect(paged).toEqual(all)
    }
    const filter = { kind: 'csat' }
    expect(await database.read((reader) => listSignals(reader, { filter, limit: 9 }))).toEqual(
      all.filter(({ kind }) => kind === 'csat'),
    )
  })
}

/** Cuts the keys of every session that waits, and joins what they touch. */
async function joinAll(database: Database): Promise<number> {
  let changed = 0
  for (;;) {
    const cut = await database.scratch(cutNextSession)
    if (cut === null) return changed
    const { end, sessionId: id } = cut
    if (end === null) continue
    await write(database, async (writer) => {
      changed += (await rejoinSignals(writer, await listTouchedSignals(writer, id))).length
    })
    await database.scratch((scratch) => endCutting(scratch, { sessionId: id, end }))
  }
}

function describeJoins(fresh: Fresh): void {
  const talk = { labels: { 'gen_ai.conversation.id': 'talk 7' } }
  const about: Partial<NewSignal> = { subjects: [{ type: 'conversation_id', value: 'talk 7' }] }
  const joinsOf = async (database: Database, id: OutcomeSignalId | undefined) => {
    const key = id ?? ('' as OutcomeSignalId)
    return (await database.read((reader) => listJoins(reader, [key]))).get(key) ?? []
  }

  test('are the same whichever comes first, the signal or its session', async () => {
    const database = fresh.database()
    const [early] = await receive(fresh, database, { ...about, idempotencyKey: 'early' })
    expect(early).toMatchObject({ state: 'stored', joins: 0 })
    await storeSession(database, 'a', { session: talk })
    expect(await joinAll(database)).toBe(1)
    const [late] = await receive(fresh, database, { ...about, idempotencyKey: 'late' })
    expect(late).toMatchObject({ state: 'stored', joins: 1 })
    const joins = await joinsOf(database, early?.id)
    expect(joins).toEqual(await joinsOf(database, late?.id))
    expect(joins).toMatchObject([{ sessionId: sessionId('a'), confidence: 'strong' }])
  })

  test('made anew are what they were, and nothing is written', async () => {
    const database = fresh.database()
    await storeSession(database, 'a', { session: talk })
    await joinAll(database)
    const made = await receive(fresh, database, about, {
      idempotencyKey: 'own',
      subjects: [],
      sessionId: sessionId('a'),
    })
    const ids = made.map(({ id }) => id)
    const before = await listAll(database)
    // No audit record is written, and none is asked for.
    expect(await database.write(actor, (writer) => rejoinSignals(writer, ids))).toEqual([])
    expect(await listAll(database)).toEqual(before)
    expect(await joinAll(database)).toBe(0)
  })

  test('of many workers at once join each signal once, with what its session is', async () => {
    const database = fresh.database()
    const names = Array.from({ length: 8 }, (_, at) => `talk ${at}`)
    const signals = await receive(
      fresh,
      database,
      ...names.map((value) => ({
        idempotencyKey: value,
        subjects: [{ type: 'conversation_id', value }],
      })),
    )
    for (const name of names) {
      const labels = { 'gen_ai.conversation.id': name }
      await storeSession(database, name, { session: { labels } })
    }
    await withOther(fresh, (other) =>
      Promise.all([joinAll(database), joinAll(other), joinAll(database), joinAll(other)]),
    )
    await joinAll(database)
    for (const [at, name] of names.entries()) {
      const joins = await joinsOf(database, signals[at]?.id)
      expect(joins.map((one) => one.sessionId)).toEqual([sessionId(name)])
    }
  })
}

function describeDefinitions(fresh: Fresh): void {
  const define = (database: Database, name: string, passAt: number | null) =>
    database.write(actor, (writer) =>
      putOutcomeDefinition(writer, {
        name,
        signals: [{ kind: 'ci', source: null, weight: 1 }],
        combine: 'last',
        revisedBy: [],
        when: null,
        minConfidence: 'strong',
        requireSigned: false,
        passAt,
        deadlines: { standard: null, byTaskType: {} },
        cap: null,
      }),
    )

  test('have versions without a gap, however many write at once; the same again is no new one', async () => {
    const database = fresh.database()
    await withOther(fresh, (other) =>
      Promise.all(
        Array.from({ length: 12 }, (_, at) =>
          define(at % 2 === 0 ? database : other, 'goal', (at + 1) / 20),
        ),
      ),
    )
    const newest = await database.read((reader) => findOutcomeDefinition(reader, 'goal'))
    expect(newest?.definition.version).toBe(12)
    fresh.time.ms += 1_000
    expect(await define(database, 'goal', newest?.definition.passAt ?? null)).toEqual(newest)
    const passes = new Set<number | null>()
    for (let version = 1; version <= 12; version += 1) {
      const found = await database.read((reader) => findOutcomeDefinition(reader, 'goal', version))
      expect(found?.definition.version).toBe(version)
      passes.add(found?.definition.passAt ?? null)
    }
    expect(passes.size).toBe(12)
    expect(await database.read((reader) => findOutcomeDefinition(reader, 'goal', 13))).toBeNull()
  })

  test('are listed by name, each in its newest version', async () => {
    const database = fresh.database()
    for (const [name, passAt] of [
      ['b', 0.1],
      ['a', 0.2],
      ['b', 0.3],
    ] as const) {
      await define(database, name, passAt)
    }
    const listed = await database.read((reader) => listOutcomeDefinitions(reader))
    expect(listed.map(({ definition }) => [definition.name, definition.passAt])).toEqual([
      ['a', 0.2],
      ['b', 0.3],
    ])
  })
}

function describeRules(fresh: Fresh): void {
  const put = (database: Database, name: string) =>
    database.write(actor, (writer) =>
      putJoinRule(writer, { name, type: 'metadata', subjectType: 'ticket', metadata: name }),
    )

  test('are a hundred at most, also of two who add the last one at once; a full list takes changes', async () => {
    const database = fresh.database()
    for (let at = 0; at < 99; at += 1) await put(database, `rule ${at}`)
    const outcomes = await withOther(fresh, (other) =>
      Promise.allSettled([put(database, 'one more'), put(other, 'another')]),
    )
    const refused = outcomes.filter((one) => one.status === 'rejected')
    expect(refused).toMatchObject([{ reason: { code: 'limit_exceeded' } }])
    expect(await database.read((reader) => listJoinRules(reader))).toHaveLength(100)
    await put(database, 'rule 5')
    expect(await database.read((reader) => listJoinRules(reader))).toHaveLength(100)
  })

  test('each change asks for one more round over all sessions', async () => {
    const database = fresh.database()
    const remove = (name: string) => database.write(actor, (writer) => deleteJoinRule(writer, name))
    await put(database, 'a')
    await put(database, 'a')
    await remove('a')
    await expect(remove('a')).rejects.toMatchObject({ code: 'not_found' })
    expect(await database.read((reader) => readRejoinMark(reader))).toEqual({
      revision: 3,
      through: '',
    })
    await joinAll(database)
    expect(await database.read((reader) => readRejoinMark(reader))).toEqual({
      revision: 3,
      through: null,
    })
  })
}

function describeReceipts(fresh: Fresh): void {
  const sourceId = (name: string) => makeId('whsrc', hash, [name])
  const addSource = (database: Database, name: string) =>
    write(database, (writer) =>
      insertWebhookSource(writer, {
        id: sourceId(name),
        name,
        provider: 'generic',
        scheme: { type: 'none' },
        reading: { deliveryId: null, event: null },
        mapping: null,
        condition: null,
        secrets: [],
      }),
    )
  const body = new TextEncoder().encode('{"a":1}')

  interface Sent {
    readonly delivery: string
    readonly content?: string
    readonly source?: string
    readonly newId: NewId
  }

  async function deliver(database: Database, sent: Sent) {
    const { delivery, content = delivery, source = 'one', newId } = sent
    const packed = await packBody(body)
    const inbox = await outboxOf(fresh, `inbox ${newId('req')}`)
    return write(database, (writer) =>
      insertWebhookReceipt(writer, inbox, {
        id: newId('whrcpt') as WebhookReceiptId,
        sourceId: sourceId(source),
        deliveryId: delivery,
        contentHash: hash(content),
        event: 'checked',
        headers: { 'x-a': 'b' },
        signed: true,
        body: packed,
      }),
    )
  }

  test('of one delivery are one, with one job, whoever takes it at once; by its id or by what was signed', async () => {
    const database = fresh.database()
    await addSource(database, 'one')
    await addSource(database, 'two')
    const answers = await withOther(fresh, (other) =>
      Promise.all(
        [database, other, database, other].map((one, lane) =>
          deliver(one, { delivery: 'd', newId: countIds(`lane ${lane}`) }),
        ),
      ),
    )
    expect(answers.filter(({ isKnown }) => !isKnown)).toHaveLength(1)
    expect(new Set(answers.map(({ receipt }) => receipt.id)).size).toBe(1)
    const newId = countIds('more')
    const [known] = answers
    const same = { receipt: known?.receipt, isKnown: true }
    expect(await deliver(database, { delivery: 'renamed', content: 'd', newId })).toEqual(same)
    expect(await deliver(database, { delivery: 'd', content: 'forged', newId })).toEqual(same)
    expect((await deliver(database, { delivery: 'd', source: 'two', newId })).isKnown).toBe(false)
    const jobs = await fresh.jobs()
    const waiting = await database.read((reader) => jobs.list(reader, { limit: 99 }))
    expect(waiting.map(({ kind }) => kind)).toEqual(['receive', 'receive'])
    const packed = await database.read((reader) =>
      findPackedBody(reader, known?.receipt.id as WebhookReceiptId),
    )
    expect(await unpackBody(packed ?? new Uint8Array())).toEqual(Buffer.from(body))
  })

  test('is replayed when it has ended, as one more round; one that waits is left as it is', async () => {
    const database = fresh.database()
    await addSource(database, 'one')
    const newId = countIds('ids')
    const { receipt } = await deliver(database, { delivery: 'd', newId })
    const inbox = await outboxOf(fresh, 'replays')
    const replay = (one: Database) =>
      write(one, (writer) => replayWebhookReceipt(writer, inbox, receipt.id))
    expect(await replay(database)).toEqual(receipt)
    await write(database, (writer) =>
      endWebhookReceipt(writer, receipt.id, { state: 'failed', reason: 'why', signals: 0 }),
    )
    const replayed = await withOther(fresh, (other) =>
      Promise.all([replay(database), replay(other)]),
    )
    for (const one of replayed) expect(one).toMatchObject({ state: 'received', rounds: 2 })
    const jobs = await fresh.jobs()
    expect(await database.read((reader) => jobs.list(reader, { limit: 9 }))).toHaveLength(2)
  })

  test('pages hold each once, newest first, and show no other source’s', async () => {
    const database = fresh.database()
    await addSource(database, 'one')
    await addSource(database, 'two')
    const newId = countIds('ids')
    for (let at = 0; at < 9; at += 1) {
      if (at % 4 === 0) fresh.time.ms += 1_000
      await deliver(database, { delivery: `d${at}`, source: at % 3 === 0 ? 'two' : 'one', newId })
    }
    const list = (given: Partial<Parameters<typeof listWebhookReceipts>[1]>) =>
      database.read((reader) => listWebhookReceipts(reader, { limit: 99, ...given }))
    const all = await list({})
    const places = all.map(({ receivedAt, id }) => `${receivedAt} ${id}`)
    expect(places).toEqual(places.toSorted().reverse())
    for (const limit of [1, 2, 5]) {
      const paged: typeof all = []
      for (let page = await list({ limit }); page.length > 0; ) {
        paged.push(...page)
        const after = page.at(-1)
        page = await list({ limit, ...(after ? { after } : {}) })
      }
      expect(paged).toEqual(all)
    }
    const own = await list({ sourceId: sourceId('two') })
    expect(own).toEqual(all.filter((one) => one.sourceId === sourceId('two')))
    expect(own).toHaveLength(3)
  })

  test('outlive their source, whose name is free again', async () => {
    const database = fresh.database()
    await addSource(database, 'one')
    await expect(addSource(database, 'one')).rejects.toMatchObject({ code: 'conflict' })
    const { receipt } = await deliver(database, { delivery: 'd', newId: countIds('ids') })
    await write(database, (writer) => deleteWebhookSource(writer, sourceId('one')))
    await database.read(async (reader) => {
      await expect(getWebhookSource(reader, 'one')).rejects.toMatchObject({ code: 'not_found' })
      expect(await getWebhookReceipt(reader, receipt.id)).toEqual(receipt)
      const former = await getWebhookSourceOfReceipt(reader, receipt.sourceId)
      expect(former).toMatchObject({ name: 'one', secrets: [] })
    })
  })
}
