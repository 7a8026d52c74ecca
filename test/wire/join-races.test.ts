import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maskSignals } from '../../src/core/outcome/masked-signal.ts'
import { signUnder } from '../../src/core/trust/personal-data.ts'
import { joinPending } from '../../src/pipeline/join-sessions.ts'
import { receiveSignals } from '../../src/storage/received-signals.ts'
import { toOutbox } from '../../src/storage/webhook-deliveries.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { ingest, post } from './_sessions.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const talk = (name: string) => ({ 'gen_ai.conversation.id': name })

async function aboutTalk(name: string) {
  const { mask, keyring, hash } = server.context
  return maskSignals({ mask, sign: signUnder(keyring, hash) }, [
    {
      source: 'builds',
      idempotencyKey: name,
      kind: 'ci',
      value: null,
      success: true,
      components: {},
      decidedAt: null,
      principal: null,
      signed: false,
      subjects: [{ type: 'conversation_id', value: name }],
      explanation: null,
    },
  ])
}

const listJoined = (key: string) =>
  server.context.database.read(async (reader) =>
    reader.read
      .selectFrom('outcome_signals')
      .innerJoin('signal_joins', 'signal_joins.signal_id', 'outcome_signals.id')
      .select('signal_joins.session_id as id')
      .where('idempotency_key', '=', key)
      .execute(),
  )

describe('a signal', () => {
  it('that is being stored while the keys of its session are cut is joined with it', async () => {
    const { database } = server.context
    const { id } = await ingest(server, 'meeting', { metadata: talk('talk of both') })
    const signals = await aboutTalk('talk of both')
    const stored = Promise.withResolvers<void>()
    const joined = Promise.withResolvers<void>()
    const storing = database.write({ type: 'user', id: 'test' }, async (writer) => {
      await receiveSignals(writer, toOutbox(server.context), signals)
      stored.resolve()
      // Long enough for a join that does not wait for this write to have come to its end.
      await Promise.race([joined.promise, sleep(1_500)])
    })
    await stored.promise
    await joinPending(server.context).finally(joined.resolve)
    await storing
    expect(await listJoined('talk of both')).toEqual([{ id }])
  })
})

describe('several workers', () => {
  it('that join everything anew, because a rule changed, do not get in each other’s way', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `talk ${at}`)
    const sessions = []
    for (const name of names) {
      sessions.push((await ingest(server, name, { metadata: { talk: name } })).id)
      const signals = await aboutTalk(name)
      await server.context.database.write({ type: 'user', id: 'test' }, (writer) =>
        receiveSignals(writer, toOutbox(server.context), signals),
      )
    }
    await joinPending(server.context)
    const { status } = await post(server, '/lucid/v1/join_rules', {
      name: 'talks',
      type: 'metadata',
      subject_type: 'conversation_id',
      metadata: 'talk',
    })
    expect(status).toBe(200)
    await Promise.all([1, 2, 3, 4].map(() => joinPending(server.context)))
    for (const [at, name] of names.entries()) {
      expect(await listJoined(name), name).toEqual([{ id: sessions[at] }])
    }
  })
})
