import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChangeId } from '../../src/core/ids.ts'
import { webhookEventTypes } from '../../src/core/webhooks.ts'
import { deliverWebhook } from '../../src/pipeline/webhooks/deliver.ts'
import { voidExperiments } from '../../src/storage/end-experiment.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import {
  type Json,
  type Laboratory,
  line,
  openLaboratory,
  rate,
  settings,
  unlimited,
} from './_experimenting.ts'
import { Receiver } from './_receiver.ts'

const types = webhookEventTypes.filter((type) => type.startsWith('experiment.'))
let server: TestServer
let receiver: Receiver
let lab: Laboratory
let endpoint: Json
beforeAll(async () => {
  server = await startTestServer()
  receiver = new Receiver()
  await receiver.open()
  lab = await openLaboratory(server)
  endpoint = await lab.must('webhook_endpoints', { url: receiver.url, event_types: types })
})
afterAll(async () => {
  receiver.close()
  await server.stop()
})
beforeEach(async () => {
  lab = await openLaboratory(server, unlimited)
})
afterEach(() => {
  receiver.received.length = 0
})

const helpful = (arm: string, ordinal: number) => rate(arm === '1' ? 90 : 40)(ordinal)
const harmful = (arm: string, ordinal: number) => rate(arm === '1' ? 20 : 90)(ordinal)

/** What was delivered of an experiment, each message read as the official client reads it. */
async function told(id: string): Promise<string[]> {
  const { jobs } = server.context
  for (;;) {
    const job = await jobs.claim({ owner: 'test', leaseMs: 60_000, kinds: ['webhook'] })
    if (!job) break
    await deliverWebhook(server.context, job)
  }
  const { webhooks } = server.client().beta
  return receiver.received.flatMap(({ headers, body }) => {
    const event: Json = webhooks.unwrap(body, { headers, key: endpoint.secret })
    return event.data.id === id ? [event.data.type] : []
  })
}

describe('of an experiment', () => {
  it('is told when it starts, is paused, ramped up, ready, promoted and taken back', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids, { ramped: false })
    await lab.must(`experiments/${id}/pause`, { reason: 'a freeze' })
    await lab.must(`experiments/${id}/resume`)
    await lab.run(id, { units: 800, outcome: helpful })
    await lab.must(`experiments/${id}/promote`)
    await lab.run(id, { units: 300, outcome: harmful, prefix: 'h' })
    const { state, decisions } = await lab.get(`experiments/${id}`)
    expect(state).toBe('rolled_back')
    // 25 %, ready, proven, 50 %: as many as its log has, however many units a turn took.
    const kinds = decisions.map(({ kind }: Json) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['ramped', 'ready', 'proven']))
    const events = (await told(id)).toSorted()
    expect(new Set(events)).toEqual(new Set(types))
    const count = (type: string) => events.filter((one) => one === `experiment.${type}`).length
    expect(['started', 'paused', 'promoted', 'rolled_back'].map(count)).toEqual([1, 1, 1, 1])
    expect(count('ramped')).toBe(kinds.filter((kind: string) => kind === 'ramped').length)
    expect(count('decided')).toBeLessThanOrEqual(2)
  })

  it('is told once that it ended, whichever way: harm, nothing shown, broken coins, a revoked source, by hand', async () => {
    const ends: [
      string,
      (id: string, changes: string[]) => Promise<unknown>,
      Record<string, unknown>?,
    ][] = [
      ['rolled_back', (id) => lab.run(id, { units: 250, outcome: harmful })],
      [
        'decided',
        (id) => lab.run(id, { units: 70, outcome: (_, at) => rate(60)(at) }),
        { settings: { ...settings, max_units: 60 } },
      ],
      [
        'decided',
        (id) =>
          lab.run(id, { units: 300, outcome: () => true, coin: (at) => (at % 10 < 8 ? 0 : 1) }),
      ],
      ['decided', (id) => lab.must(`experiments/${id}/stop`, { reason: 'enough' })],
      [
        'decided',
        async (_, [change]) => {
          await lab.must(`changes/${change}/edit`, { after: '- Ask twice.\n' })
          await lab.commit()
        },
      ],
      [
        'decided',
        async (_, changes) => {
          const { database, jobs, newId } = server.context
          const outbox = { jobs, newId, now: Date.now() }
          await database.write({ type: 'user', id: 'test' }, (writer) =>
            voidExperiments(writer, { changes: changes as ChangeId[] }, outbox),
          )
        },
      ],
    ]
    for (const [end, bring, more] of ends) {
      lab = await openLaboratory(server, { 'budgets.concurrentExperiments': 'none' })
      const changes = await lab.addChanges([line])
      const id = await lab.start(changes, more)
      await bring(id, changes)
      expect((await lab.get(`experiments/${id}`)).ended_at).not.toBeNull()
      expect(await told(id)).toEqual(['experiment.started', `experiment.${end}`])
    }
  })

  it('no message says more than that something happened, and whoever asks needs the scope review', async () => {
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 250, outcome: harmful })
    await told(id)
    expect(receiver.received.length).toBeGreaterThan(0)
    for (const { body } of receiver.received) {
      const event = JSON.parse(body)
      expect(Object.keys(event).toSorted()).toEqual(['created_at', 'data', 'id', 'type'])
      expect(Object.keys(event.data).toSorted()).toEqual(expect.arrayContaining(['id', 'type']))
      expect(body).not.toMatch(/arm|candidate|incumbent|evidence/)
    }
    const agent = await server.makeKey('memory:read', 'memory:write', 'ingest')
    for (const path of [
      `experiments/${id}`,
      'experiments',
      'experiment_season',
      `experiments/${id}/verify`,
      `exposures?experiment_id=${id}`,
      `exposure_coverage?experiment_id=${id}`,
      'regressions',
    ]) {
      const answer = await server.fetch(`/lucid/v1/${path}`, { headers: { 'x-api-key': agent } })
      expect(answer.status, path).toBe(403)
    }
  })
})

describe('an endpoint', () => {
  it('that named other types, or all of the reference, is told nothing of experiments', async () => {
    const others = await lab.must('webhook_endpoints', { url: receiver.url, event_types: ['*'] })
    const id = await lab.start(await lab.addChanges([line]))
    await lab.must(`experiments/${id}/stop`, { reason: 'enough' })
    await told(id)
    const path = `webhook_deliveries?webhook_endpoint_id=${others.id}&limit=100`
    const { data } = await lab.get(path)
    expect(data.filter(({ event }: Json) => event.object_id === id)).toEqual([])
  })
})
