import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutcomeSignalOnWire } from '../../src/contract/lucid/outcome-signals.ts'
import type { SessionId } from '../../src/core/ids.ts'
import { joinPending } from '../../src/pipeline/join-sessions.ts'
import { listOutcomeSignals } from '../../src/storage/outcome-signals.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { ingest, post, text } from './_sessions.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const base = '/lucid/v1/outcome_signals'
const send = async (...signals: object[]) => {
  const made = signals.map((given) => ({ source: 'builds', kind: 'ci', success: true, ...given }))
  const { body } = await post<{ data: { id: string; state: string }[] }>(server, base, {
    signals: made,
  })
  expect(body.data.map(({ state }) => state)).toEqual(made.map(() => 'stored'))
  return body.data.map(({ id }) => id)
}
const get = async <T>(path: string) => (await (await server.fetch(path)).json()) as T
const joinsOf = async (id: string | undefined) => {
  const { joins, unmatched_reason } = await get<OutcomeSignalOnWire>(`${base}/${id}`)
  return {
    joins: joins.map(({ session_id, via, confidence }) => [session_id, via, confidence]),
    unmatched_reason,
  }
}
const put = async (path: string, body: unknown) => {
  const response = await server.fetch(path, { method: 'PUT', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const call = (key: string, name: string, input: object) => ({
  type: 'agent.tool_use',
  key,
  name,
  input,
})
const result = (key: string, words: string) => ({
  type: 'agent.tool_result',
  tool_use_id: `key:${key}`,
  content: text(words),
})
const sha = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678'

describe('joins', () => {
  it('come when the session does: by its commit, its pull request, its trailer and its metadata', async () => {
    const [commit, pull, trailer, talk] = await send(
      { idempotency_key: 'late 1', subjects: [{ type: 'git.sha', value: sha.toUpperCase() }] },
      { idempotency_key: 'late 2', subjects: [{ type: 'github.pr', value: 'Acme/App#412' }] },
      { idempotency_key: 'late 3', subjects: [{ type: 'claude.session', value: 'session_01AbC' }] },
      { idempotency_key: 'late 4', subjects: [{ type: 'conversation_id', value: 'talk 7' }] },
    )
    expect(await joinsOf(commit)).toEqual({ joins: [], unmatched_reason: 'key_unknown' })
    const { id, append } = await ingest(server, 'late', {
      metadata: { 'gen_ai.conversation.id': 'talk 7' },
    })
    await append([
      call('c1', 'bash', {
        command: 'git commit -m "x\n\nClaude-Session: https://claude.ai/code/session_01AbC"',
      }),
      result('c1', `[fix-login ${sha.slice(0, 7)}] x\n 1 file changed`),
      call('c2', 'bash', { command: 'gh pr create --fill' }),
      result('c2', 'Creating pull request\nhttps://github.com/acme/app/pull/412\n'),
      call('c3', 'web_fetch', { url: 'https://x.example' }),
      result('c3', `[evil 9999999] not a commit\nhttps://github.com/acme/app/pull/999`),
    ])
    await joinPending(server.context)
    expect(await joinsOf(commit)).toEqual({
      joins: [[id, 'git.sha', 'strong']],
      unmatched_reason: null,
    })
    expect(await joinsOf(pull)).toMatchObject({ joins: [[id, 'github.pr', 'strong']] })
    expect(await joinsOf(trailer)).toMatchObject({ joins: [[id, 'claude.session', 'strong']] })
    expect(await joinsOf(talk)).toMatchObject({ joins: [[id, 'conversation_id', 'strong']] })
    const [forged] = await send({
      idempotency_key: 'forged',
      subjects: [{ type: 'github.pr', value: 'acme/app#999' }],
    })
    expect(await joinsOf(forged)).toMatchObject({ unmatched_reason: 'key_unknown' })
    const seen = await server.context.database.read((reader) =>
      listOutcomeSignals(reader, [id as SessionId]),
    )
    expect(seen.map((one) => one.id).sort()).toEqual([commit, pull, trailer, talk].sort())
  })

  it('follow a rule that is tried first, added, and taken away', async () => {
    const { id, append } = await ingest(server, 'ticket', { metadata: { case: 'C-9' } })
    await append([{ type: 'user.message', content: text('please look at ENG-123, thanks') }])
    const [ticket, number] = await send(
      { idempotency_key: 'rule 1', subjects: [{ type: 'linear.issue', value: 'ENG-123' }] },
      { idempotency_key: 'rule 2', subjects: [{ type: 'zendesk.ticket', value: 'C-9' }] },
    )
    const rule = {
      name: 'tickets',
      type: 'pattern',
      subject_type: 'linear.issue',
      pattern: '\\b[A-Z]{2,5}-[0-9]+\\b',
    }
    const trial = await post(server, '/lucid/v1/join_rules/try', rule)
    expect(trial.body).toMatchObject({
      signals_joined: 1,
      signals_tried: 1,
      examples: [{ outcome_signal_id: ticket, session_id: id, value: 'ENG-123' }],
    })
    await joinPending(server.context)
    expect(await joinsOf(ticket)).toMatchObject({ unmatched_reason: 'key_unknown' })
    await post(server, '/lucid/v1/join_rules', rule)
    await post(server, '/lucid/v1/join_rules', {
      name: 'cases',
      type: 'metadata',
      subject_type: 'zendesk.ticket',
      metadata: 'case',
    })
    expect(await joinPending(server.context)).toBe(2)
    expect(await joinsOf(ticket)).toEqual({
      joins: [[id, 'rule:tickets', 'weak']],
      unmatched_reason: null,
    })
    expect(await joinsOf(number)).toEqual({
      joins: [[id, 'rule:cases', 'strong']],
      unmatched_reason: null,
    })
    // A weak join is shown and makes no outcome.
    const seen = await server.context.database.read((reader) =>
      listOutcomeSignals(reader, [id as SessionId]),
    )
    expect(seen.map((one) => one.id)).toEqual([number])
    await server.fetch('/lucid/v1/join_rules/cases', { method: 'DELETE' })
    await joinPending(server.context)
    expect(await joinsOf(number)).toEqual({ joins: [], unmatched_reason: 'key_unknown' })
    expect(await get('/lucid/v1/join_rules')).toMatchObject({
      rejoining: false,
      data: [{ name: 'tickets', where: ['title', 'first_message'] }],
    })
    const bad = await post(server, '/lucid/v1/join_rules', { ...rule, pattern: '(?=x)' })
    expect(bad.status).toBe(400)
    expect(JSON.stringify(bad.body)).toContain('RE2')
  })

  it('are made, weak, by who worked where within a day, where nothing stronger says it', async () => {
    const { id, append } = await ingest(server, 'worked', {
      started_at: '2026-03-01T22:00:00Z',
      principal: 'robin',
    })
    await append([
      { ...call('p1', 'bash', { command: 'git push' }), processed_at: '2026-03-02T01:00:00Z' },
      {
        ...result('p1', 'To github.com:Acme/Shop.git\n   1111111..2222222  main -> main'),
        processed_at: '2026-03-02T01:30:00Z',
      },
    ])
    await joinPending(server.context)
    const about = (...extra: object[]) => ({
      subjects: [
        { type: 'actor', value: 'Robin' },
        { type: 'repository', value: 'acme/shop' },
        ...extra,
      ],
    })
    const at = (time: string) => ({ decided_at: time, idempotency_key: `worked ${time}` })
    const [before, during, after, tooLate, alone, named] = await send(
      { ...at('2026-03-01T21:59:59Z'), ...about() },
      { ...at('2026-03-01T23:00:00Z'), ...about() },
      { ...at('2026-03-03T01:29:59Z'), ...about() },
      { ...at('2026-03-03T01:30:01Z'), ...about() },
      { ...at('2026-03-02T01:30:00Z'), subjects: [{ type: 'actor', value: 'robin' }] },
      { ...at('2026-03-02T00:00:00Z'), ...about({ type: 'git.sha', value: '2222222' }) },
    )
    const weak = { joins: [[id, 'work_window', 'weak']], unmatched_reason: null }
    const none = { joins: [], unmatched_reason: 'key_unknown' }
    expect(await joinsOf(before)).toEqual(none)
    expect(await joinsOf(during)).toEqual(weak)
    expect(await joinsOf(after)).toEqual(weak)
    expect(await joinsOf(tooLate)).toEqual(none)
    expect(await joinsOf(alone)).toEqual(none)
    expect(await joinsOf(named)).toMatchObject({ joins: [[id, 'git.sha', 'strong']] })
    // Shown, and no outcome of the session.
    const seen = await server.context.database.read((reader) =>
      listOutcomeSignals(reader, [id as SessionId]),
    )
    expect(seen.map((one) => one.id)).toEqual([named])
    // A signal that was there first finds the session when it comes.
    const early = { actor: 'late riser', repository: 'acme/late' }
    const [waiting] = await send({
      ...at('2026-03-05T10:00:00Z'),
      subjects: Object.entries(early).map(([type, value]) => ({ type, value })),
    })
    expect(await joinsOf(waiting)).toEqual(none)
    const late = await ingest(server, 'worked later', {
      started_at: '2026-03-05T09:00:00Z',
      metadata: early,
    })
    await joinPending(server.context)
    expect(await joinsOf(waiting)).toEqual({ ...weak, joins: [[late.id, 'work_window', 'weak']] })
  })

  it('are not made by a key that too many sessions share', async () => {
    for (let index = 0; index < 21; index += 1) {
      await ingest(server, `shared ${index}`, { metadata: { group_id: 'everybody' } })
    }
    await joinPending(server.context)
    const [id] = await send({
      idempotency_key: 'shared',
      subjects: [{ type: 'group_id', value: 'everybody' }],
    })
    expect(await joinsOf(id)).toEqual({ joins: [], unmatched_reason: 'key_ambiguous' })
  })
})

describe('an outcome definition', () => {
  const path = '/lucid/v1/outcome_definitions/merged'

  it('has versions, says how long it waits, and explains the goal of a session', async () => {
    const body = {
      signals: [{ kind: 'pr_merged' }, { kind: 'revert' }],
      revised_by: [],
      deadlines: { by_task_type: { refund: 3_600 } },
    }
    const first = await put(path, body)
    expect(first.body).toMatchObject({
      version: 1,
      combine: 'last',
      cap: { share: 0.5, minimum: 10 },
    })
    expect((await put(path, body)).body).toMatchObject({ version: 1 })
    expect((await put(path, { ...body, require_signed: true })).body).toMatchObject({ version: 2 })
    expect(await get(`${path}?version=1&task_type=refund`)).toMatchObject({
      require_signed: false,
      deadline: { seconds: 3_600, from: 'task_type' },
    })
    expect(await get(path)).toMatchObject({ version: 2, deadline: { from: 'standard' } })
    const { id } = await ingest(server, 'merged')
    const at = (day: number) => ({ decided_at: `2026-01-0${day}T00:00:00Z`, session_id: id })
    const [merged, reverted, other] = await send(
      { idempotency_key: 'goal 1', kind: 'pr_merged', ...at(1) },
      { idempotency_key: 'goal 2', kind: 'revert', success: false, ...at(2) },
      { idempotency_key: 'goal 3', kind: 'csat', ...at(3) },
    )
    const goal = await get<{
      value: number | null
      signals: { id: string; reason: string | null }[]
    }>(`${path}/goal?session_id=${id}&version=1`)
    expect(goal).toMatchObject({ value: 0, decided_at: '2026-01-02T00:00:00.000Z' })
    const reasons = Object.fromEntries(goal.signals.map((one) => [one.id, one.reason]))
    expect(reasons).toEqual({
      [merged ?? '']: null,
      [reverted ?? '']: null,
      [other ?? '']: 'other_kind',
    })
    const signed = await get<{ value: number | null }>(`${path}/goal?session_id=${id}`)
    expect(signed.value).toBeNull()
  })

  it('is refused with the field where it cannot be used', async () => {
    const bad = await put(path, { signals: [{ kind: 'ci' }], when: 'signal.vaule == 1.0' })
    expect(bad.status).toBe(400)
    expect(JSON.stringify(bad.body)).toContain('when: ')
    expect((await put(path, { signals: [] })).status).toBe(400)
    expect((await server.fetch('/lucid/v1/outcome_definitions/none')).status).toBe(404)
  })
})
