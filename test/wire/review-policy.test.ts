import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyDueChanges } from '../../src/pipeline/policies/apply-due.ts'
import { listAuditRecords } from '../../src/storage/audit-records.ts'
import { listChanges } from '../../src/storage/changes.ts'
import { makeProposals, openScene, type Scene } from '../_bypass.ts'
import { putPolicy } from '../_policies.ts'
import { startTestServer, type TestServer } from '../_server.ts'

let server: TestServer
let scene: Scene
const time = { ms: Date.parse('2026-11-25T08:00:00Z') }
let run = 1_000
beforeAll(async () => {
  server = await startTestServer({}, () => time.ms)
  scene = await openScene(server.context, time, (holder) =>
    server.makeKeyFor(holder, 'review', 'memory:write'),
  )
})
afterAll(() => server.stop())

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
type Json = any

async function call(who: keyof Scene['apis'], path: string, body: object = {}) {
  const response = await scene.apis[who](`/lucid/v1/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  const json: Json = await response.json()
  return { status: response.status, json, code: json.error?.details?.error_code }
}

async function propose() {
  run += 1
  const { dreamId } = await makeProposals(scene, run)
  const changes = await server.context.database.read((reader) => listChanges(reader, dreamId))
  return { dreamId, ids: changes.map(({ id }) => id) as string[] }
}

const show = async (id: string): Promise<Json> =>
  (await server.fetch(`/lucid/v1/changes/${id}`)).json()
const lead = (count: number) => ({ mode: 'required', count, from: ['role:lead'] })

describe('without a policy', () => {
  it('nothing is approved or applied, and rejecting is free', async () => {
    const { dreamId, ids } = await propose()
    const [first = ''] = ids
    for (const path of [`changes/${first}/accept`, `dreams/${dreamId}/apply`]) {
      const refused = await call('ann', path)
      expect([refused.status, refused.code]).toEqual([403, 'no_policy'])
      expect(refused.json.error.message).toContain('lucidream policy init')
    }
    expect((await call('eve', `changes/${first}/reject`, { reason: 'no' })).status).toBe(200)
  })
})

describe('four eyes', () => {
  it('are two people whom the policy names: no program, nobody twice, not whoever worded it', async () => {
    await putPolicy(server.context, { 'approvals.low': lead(2) })
    const { dreamId, ids } = await propose()
    const [id = ''] = ids
    expect((await call('robot', `changes/${id}/accept`)).code).toBe('not_a_person')
    expect((await call('eve', `changes/${id}/accept`)).code).toBe('not_an_approver')
    expect((await call('ann', `changes/${id}/accept`)).json.status).toBe('proposed')
    expect((await call('ann-again', `changes/${id}/accept`)).status).toBe(409)
    expect((await call('ann', `dreams/${dreamId}/apply`)).status).toBe(409)
    await call('bob', `changes/${id}/edit`, { after: '- Another wording.' })
    expect((await call('bob', `changes/${id}/accept`)).code).toBe('not_an_approver')
    await call('ann', `changes/${id}/accept`)
    const both = await call('cat', `changes/${id}/accept`)
    expect(both.json).toMatchObject({ status: 'accepted', decision: { verdict: 'allow' } })
    expect(both.json.decisions.length).toBeGreaterThan(2)
    expect((await call('robot', `dreams/${dreamId}/apply`)).status).toBe(200)
    const counted = await server.fetch('/metrics')
    expect(counted.status).toBe(200)
  })
})

describe('what only the hour forbids', () => {
  it('stays accepted, and is applied when its time has come', async () => {
    const windows = [{ days: ['thu'], from: '09:00', to: '10:00' }]
    await putPolicy(server.context, {
      'approvals.low': lead(1),
      'schedule.apply.windows': windows,
    })
    const { dreamId, ids } = await propose()
    await call('ann', `changes/${ids[0]}/accept`)
    const early = await call('ann', `dreams/${dreamId}/apply`)
    expect([early.status, early.code]).toEqual([403, 'not_now'])
    expect((await show(ids[0] ?? '')).status).toBe('accepted')
    time.ms = Date.parse('2026-11-26T09:30:00Z')
    expect((await call('ann', `dreams/${dreamId}/apply`)).status).toBe(200)
  })
})

describe('what goes by itself', () => {
  it('goes when it is due, by the policy, and tells whoever listens', async () => {
    await server.fetch('/lucid/v1/webhook_endpoints', {
      method: 'POST',
      body: JSON.stringify({
        url: 'http://127.0.0.1:9/hook',
        event_types: ['change.applied', 'change.rolled_back'],
      }),
      headers: { 'content-type': 'application/json' },
    })
    await putPolicy(server.context, {
      'approvals.low': { mode: 'auto', delay: '2h', from: ['role:lead'] },
    })
    const { ids } = await propose()
    await applyDueChanges(server.context)
    expect((await show(ids[0] ?? '')).status).toBe('proposed')
    time.ms += 2 * 3_600_000
    await applyDueChanges(server.context)
    for (const id of ids) expect((await show(id)).status).toBe('applied')
    const records = await server.context.database.read((reader) =>
      listAuditRecords(reader, { limit: 1_000 }),
    )
    const own = records.filter((one) => one.action === 'change.applied' && one.objectId === ids[0])
    expect(own.map(({ actor }) => actor)).toEqual([{ type: 'service_account', id: 'policy' }])
    await call('ann', `changes/${ids[0]}/roll_back`)
    const { data }: Json = await (
      await server.fetch('/lucid/v1/webhook_deliveries?limit=100')
    ).json()
    const told = data.map(({ event }: Json) => event.type)
    expect(told).toContain('change.rolled_back')
    expect(told.filter((type: string) => type === 'change.applied')).toHaveLength(ids.length)
  })

  it('is not restored under a policy that has it approved, until it is', async () => {
    await putPolicy(server.context, { 'approvals.low': { mode: 'auto', from: ['role:lead'] } })
    const { ids } = await propose()
    const [id = ''] = ids
    await applyDueChanges(server.context)
    await call('ann', `changes/${id}/roll_back`)
    await putPolicy(server.context, { 'approvals.low': lead(1) })
    expect((await call('ann', `changes/${id}/roll_back`, { restore: true })).status).toBe(403)
    expect((await call('bob', `changes/${id}/accept`)).json.status).toBe('rolled_back')
    expect((await call('ann', `changes/${id}/roll_back`, { restore: true })).status).toBe(200)
  })
})
