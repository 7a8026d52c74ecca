import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutcomeSignalOnWire } from '../../src/contract/lucid/outcome-signals.ts'
import type { SessionId } from '../../src/core/ids.ts'
import { importPaths } from '../../src/pipeline/import.ts'
import { joinPending } from '../../src/pipeline/join-sessions.ts'
import { findSession } from '../../src/storage/sessions.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { ingest, post } from './_sessions.ts'

let server: TestServer
let folder: string
let store: string
beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'lucidream-exposures-'))
  store = (await server.client().beta.memoryStores.create({ name: 'read' })).id
  const content = '- One.\n'
  await server.client().beta.memoryStores.memories.create(store, { path: '/a.md', content })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Logged {
  readonly id: string
  readonly session_id: string | null
  readonly confirmed_at: string | null
}

let units = 0
async function read(): Promise<string> {
  units += 1
  const path = `/lucid/v1/checkout?store=${store}&unit=run-${units}`
  return ((await (await server.fetch(path)).json()) as { exposure_id: string }).exposure_id
}
async function show(id: string): Promise<Logged> {
  const response = await server.fetch(`/lucid/v1/exposures?store=${store}&limit=100`)
  const { data } = (await response.json()) as { data: Logged[] }
  const found = data.find((one) => one.id === id)
  if (!found) throw new Error(`no exposure ${id}`)
  return found
}
async function importText(name: string, text: string): Promise<void> {
  const path = join(folder, name)
  writeFileSync(path, text)
  const [report] = (await importPaths(server.context, [path], () => {})).files
  expect(report).toMatchObject({ error: null, sessions: 1 })
}

const key = 'lucidream.exposure_id'
const said = [
  { role: 'user', content: 'Please cancel it.' },
  { role: 'assistant', content: 'Done.' },
]
const lines = (...records: object[]) => `${records.map((one) => JSON.stringify(one)).join('\n')}\n`

const log = (id: string, more: object = {}) => {
  const head = { sessionId: '0b9c7c1e-1111-4222-8333-444455556666', version: '2.1.111' }
  const at = { ...head, timestamp: '2026-03-01T10:00:00.000Z', isSidechain: false }
  const stdout = JSON.stringify({
    hookSpecificOutput: {
      hookEventName: 'SessionStart',
      additionalContext: `- One.\n<!-- ${key}: ${id} -->\n`,
    },
  })
  const attachment = { type: 'hook_success', hookEvent: 'SessionStart', content: '', stdout }
  return lines(
    {
      ...at,
      type: 'attachment',
      uuid: 'a1',
      parentUuid: null,
      attachment: { ...attachment, ...more },
    },
    {
      ...at,
      type: 'user',
      uuid: 'u1',
      parentUuid: 'a1',
      message: { role: 'user', content: 'Please cancel it.' },
    },
    {
      ...at,
      type: 'assistant',
      uuid: 'u2',
      parentUuid: 'u1',
      message: {
        role: 'assistant',
        id: 'm1',
        model: 'm',
        content: [{ type: 'text', text: 'Done.' }],
      },
    },
  )
}

/** One session of each format that names an exposure in its own way. */
const formats: Readonly<Record<string, (id: string) => string>> = {
  'openai-chat': (id) => lines({ id: 'o', model: 'm', metadata: { [key]: id }, messages: said }),
  'anthropic-messages': (id) =>
    lines({
      id: 'a',
      model: 'm',
      system: 'Be brief.',
      [key]: id,
      messages: [
        { role: 'user', content: 'Please cancel it.' },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'Well.' }] },
      ],
    }),
  tau2: (id) =>
    JSON.stringify({
      info: { environment_info: { domain_name: 'airline' }, agent_info: { llm: 'm' } },
      tasks: [],
      simulations: [
        {
          id: 's1',
          task_id: '1',
          trial: 0,
          info: { [key]: id },
          messages: said,
          reward_info: { reward: 1 },
        },
      ],
    }),
  'tau-bench': (id) =>
    JSON.stringify([
      { task_id: 1, reward: 1, trial: 0, info: { metadata: { [key]: id } }, traj: said },
    ]),
  intercode: (id) =>
    JSON.stringify({
      '0': {
        environment: 'ic_bash',
        dataset: 'x.json',
        task_id: 0,
        query: 'List the files',
        metadata: { [key]: id },
        turn_history: { actions: ['ls'], observations: ['a'], rewards: [1], valid_action: [true] },
        summary: { max_reward: 1 },
      },
    }),
  'who-and-when': (id) =>
    JSON.stringify({
      question: 'How many?',
      question_ID: 'q1',
      is_correct: true,
      [key]: id,
      history: [{ role: 'assistant', name: 'A', content: 'Two.' }],
      mistake_agent: 'A',
      mistake_step: '0',
      mistake_reason: 'none',
    }),
  'claude-code': (id) => log(id),
}

describe('an imported session that names its exposure', () => {
  for (const [format, write] of Object.entries(formats)) {
    it(`confirms it: ${format}`, async () => {
      const id = await read()
      expect(await show(id)).toMatchObject({ session_id: null, confirmed_at: null })
      await importText(`${format}.json${write(id).endsWith('\n') ? 'l' : ''}`, write(id))
      const { session_id: sessionId, confirmed_at: at } = await show(id)
      expect(at).not.toBeNull()
      const stored = await server.context.database.read((reader) =>
        findSession(reader, sessionId as SessionId),
      )
      expect(stored?.session.format).toBe(format)
    })
  }

  it('finds it when the same transcript comes again with the name, and when the name came first', async () => {
    const id = await read()
    const plain = { id: 'again', model: 'm', messages: said }
    await importText('again.jsonl', lines(plain))
    await importText('again.jsonl', lines({ ...plain, metadata: { [key]: id } }))
    expect((await show(id)).confirmed_at).not.toBeNull()
  })

  it('links nothing by what a tool, another hook or a subagent says, nor an exposure of another session', async () => {
    const id = await read()
    const other = log(id, { hookEvent: 'PostToolUse' }).replaceAll('0b9c7c1e', '1b9c7c1e')
    await importText('other.jsonl', other)
    const aside = log(id).replaceAll('0b9c7c1e', '2b9c7c1e')
    await importText('aside.jsonl', aside.replaceAll('"isSidechain":false', '"isSidechain":true'))
    expect((await show(id)).session_id).toBeNull()
    await importText('own.jsonl', log(id).replaceAll('0b9c7c1e', '3b9c7c1e'))
    const owner = (await show(id)).session_id
    expect(owner).not.toBeNull()
    await importText('thief.jsonl', log(id).replaceAll('0b9c7c1e', '4b9c7c1e'))
    expect((await show(id)).session_id).toBe(owner)
  })
})

describe('a live session', () => {
  it('finds its exposures when its metadata comes later, with the outcomes that named them', async () => {
    const [one, two] = [await read(), await read()]
    const { id } = await ingest(server, 'late metadata')
    const { body } = await post<{ data: { id: string }[] }>(server, '/lucid/v1/outcome_signals', {
      signals: [
        {
          source: 'desk',
          idempotency_key: 'late',
          kind: 'ci',
          success: true,
          subjects: [{ type: 'exposure_id', value: two }],
        },
      ],
    })
    const joins = async () => {
      const path = `/lucid/v1/outcome_signals/${body.data[0]?.id}`
      return ((await (await server.fetch(path)).json()) as OutcomeSignalOnWire).joins
    }
    expect(await joins()).toMatchObject([{ session_id: null, exposure_id: two }])
    await post(server, `/v1/sessions/${id}`, { metadata: { [key]: `${one},${two}` } })
    await joinPending(server.context)
    for (const exposure of [one, two]) {
      expect(await show(exposure)).toMatchObject({ session_id: id })
      expect((await show(exposure)).confirmed_at).not.toBeNull()
    }
    expect((await joins()).map((join) => join.session_id)).toContain(id)
  })
})

it('an OpenTelemetry evaluation finds its session by our attributes', async () => {
  const id = await read()
  const { body } = await post<{ data: { id: string; state: string }[] }>(
    server,
    '/lucid/v1/outcome_signals',
    {
      signals: [
        {
          name: 'gen_ai.evaluation.result',
          source: 'otel',
          trace_id: 'abc',
          attributes: {
            'gen_ai.evaluation.name': 'solved',
            'gen_ai.evaluation.score.value': 1,
            [key]: id,
          },
        },
      ],
    },
  )
  const path = `/lucid/v1/outcome_signals/${body.data[0]?.id}`
  const { joins } = (await (await server.fetch(path)).json()) as OutcomeSignalOnWire
  expect(joins).toMatchObject([{ exposure_id: id, via: 'exposure_id', confidence: 'exact' }])
})
