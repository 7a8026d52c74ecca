import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { listSource, readSourceSessions } from '../bench/_sources.ts'
import { sessionOutcome } from '../src/core/outcome/signal.ts'
import { eventText } from '../src/core/session.ts'
import { readSessionIndex } from '../src/importers/formats/claude-code/session-index.ts'
import { openTranscript, recogniseBeside } from '../src/importers/open.ts'
import {
  hash,
  noMask,
  type ReadSession,
  readTranscriptFile,
  sharedData,
  toCase,
} from './_airline.ts'

const present = existsSync(sharedData)
if (!present) console.log(`${sharedData} is absent: the tests of the larger sources are skipped.`)

const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'lucidream-sources-'))
  folders.push(made)
  return made
}
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true })
})
const write = (name: string, text: string | Uint8Array): string => {
  const path = join(folder(), name)
  writeFileSync(path, text)
  return path
}

const succeeded = (sessions: readonly ReadSession[]) =>
  sessions.filter((one) => toCase(one).success === true).length
const ofType = (sessions: readonly ReadSession[], type: string) =>
  sessions.flatMap(({ events }) => events.filter(({ body }) => body.type === type))

const episode = {
  environment: 'ic_bash',
  dataset: './data/nl2bash/set.json',
  task_id: 3,
  query: 'count the files',
  turn_history: {
    thoughts: ['I look first.', 'Enough.'],
    actions: ['execute[ls -a]', 'submit'],
    observations: ['.\n..\n', '.\n..\n'],
    rewards: [0, 1],
    valid_action: [true, true],
  },
  info: { reward: { file_diff: 0.33 } },
  summary: { max_reward: 1, turns_taken: 2, turns_max: 10 },
}

describe('intercode', () => {
  it('takes the wording of a prompting method off a command and keeps the thought before it', async () => {
    const path = write('bash__gpt-4__ic_bash_react_10.json', JSON.stringify({ 3: episode }))
    const { sessions, format, records } = await readTranscriptFile(path)
    const [one] = sessions
    expect({ format, records }).toEqual({ format: 'intercode', records: 3 })
    expect(one?.session).toMatchObject({
      agent: { name: 'intercode-react', model: 'gpt-4' },
      task: { type: 'bash', id: 'bash/set/3' },
    })
    expect(one?.events.map(({ body }) => `${body.type} ${eventText(body)}`.trim())).toEqual([
      'user.message count the files',
      'agent.message I look first.',
      'agent.tool_use bash {"command":"ls -a"}',
      'agent.tool_result .\n..',
      'agent.message Enough.',
      'agent.tool_use submit {}',
      'agent.tool_result .\n..',
      'session.status_idle',
    ])
    expect(one?.outcomes[0]).toMatchObject({
      kind: 'task_reward',
      value: 1,
      success: true,
      components: { file_diff: 0.33, rewards: '0 1', turns: '2 of 10' },
    })
  })

  it('says which members are no episode and names a file that breaks off', async () => {
    const text = JSON.stringify({ 3: episode, note: 'not one', 4: { environment: 'ic_bash' } })
    const { sessions, skipped } = await readTranscriptFile(write('a.json', text))
    expect(sessions).toHaveLength(1)
    expect(skipped).toEqual({ 'member without a turn history': 2 })
    const torn = write('torn.json', JSON.stringify({ 3: episode, 4: episode }).slice(0, -40))
    await expect(readTranscriptFile(torn)).rejects.toMatchObject({ code: 'file_truncated' })
  })

  it('reads an episode whose lists are of other kinds and lengths than they should be', async () => {
    const odd = {
      ...episode,
      query: null,
      summary: null,
      turn_history: { actions: ['ls', 7, null, 'pwd'], observations: ['x'], rewards: 'none' },
    }
    const { sessions } = await readTranscriptFile(write('odd.json', JSON.stringify({ 3: odd })))
    expect(sessions[0]?.events.map(({ body }) => body.type)).toEqual([
      'agent.tool_use',
      'agent.tool_result',
      'agent.tool_use',
      'session.status_idle',
    ])
    expect(sessions[0]?.outcomes[0]?.success).toBeNull()
  })
})

describe.skipIf(!present)('intercode, all 13 files', async () => {
  const sessions = present ? await readSourceSessions('intercode') : []

  it('has 816 sessions of 290 tasks by 3 models, 34 % of them solved', () => {
    expect(sessions).toHaveLength(816)
    expect(new Set(sessions.map(({ session }) => session.task.id)).size).toBe(290)
    expect([...new Set(sessions.map(({ session }) => session.agent.model))].toSorted()).toEqual([
      'gpt-3.5',
      'gpt-4',
      'text-bison-001',
    ])
    expect(succeeded(sessions)).toBe(277)
    expect(new Set(sessions.map(({ session }) => session.key)).size).toBe(816)
  })

  it('loses no action and no observation; eight refusals of a model are no calls', () => {
    expect(ofType(sessions, 'agent.tool_use')).toHaveLength(4802 - 8)
    expect(ofType(sessions, 'agent.tool_result')).toHaveLength(4794)
    expect(ofType(sessions, 'agent.message')).toHaveLength(785 + 60)
    const errors = ofType(sessions, 'session.error').map(({ body }) => eventText(body))
    expect(errors.filter((text) => text.includes('blocked'))).toHaveLength(8)
  })

  it('has one solvable task in many models’ hands', () => {
    const byTask = Map.groupBy(sessions, ({ session }) => session.task.id)
    const mixed = [...byTask.values()].filter((group) => {
      const won = succeeded(group)
      return won > 0 && won < group.length
    })
    expect(mixed.length).toBeGreaterThan(80)
  })

  it('skips nothing, and names a gzip file that was cut', async () => {
    const files = listSource('intercode')
    expect(files).toHaveLength(13)
    const [first = ''] = files
    expect((await readTranscriptFile(first)).skipped).toEqual({})
    const whole = gunzipSync(readFileSync(first))
    const cut = write(basename(first), gzipSync(whole.subarray(0, whole.length / 2)))
    await expect(readTranscriptFile(cut)).rejects.toMatchObject({ code: 'file_truncated' })
  })
})

const run = {
  _path: 'Who&When/Algorithm-Generated/1.json',
  question: 'How many are even?',
  question_ID: 'q-1',
  is_correct: false,
  mistake_agent: 'Excel_Expert',
  mistake_step: '0',
  mistake_reason: 'Rows were left out.',
  history: [
    { name: 'Excel_Expert', role: 'assistant', content: 'Run:\n```python\nprint(4)\n```' },
    { name: 'Computer_terminal', role: 'user', content: 'exitcode: 1 (execution failed)\nno' },
    { name: 'Checker', role: 'user', content: 'TERMINATE' },
  ],
}

describe('who-and-when', () => {
  it('gives the code that a terminal ran as a call, and keeps turn n in raw record n + 1', async () => {
    const { sessions } = await readTranscriptFile(write('w.jsonl', `${JSON.stringify(run)}\n`))
    const [one] = sessions
    expect(
      one?.events.map(({ record, body }) => `${record} ${body.type} ${eventText(body)}`.trim()),
    ).toEqual([
      '0 user.message How many are even?',
      '1 agent.message Excel_Expert: Run:\n```python\nprint(4)\n```',
      '1 agent.tool_use python {"code":"print(4)\\n"}',
      '2 agent.tool_result exitcode: 1 (execution failed)\nno',
      '3 agent.message Checker: TERMINATE',
      '0 session.status_idle',
    ])
    expect(ofType(sessions, 'agent.tool_result')[0]?.body).toMatchObject({ is_error: true })
    expect(one?.session).toMatchObject({
      agent: { name: 'algorithm-generated' },
      task: { type: 'question', id: 'question/q-1' },
    })
    expect(one?.outcomes).toMatchObject([
      {
        kind: 'answer_correct',
        value: 0,
        success: false,
        components: { mistake_agent: 'Excel_Expert', mistake_step: '0' },
      },
    ])
  })

  it('loses a torn line and a foreign record, says so, and reads on', async () => {
    const line = JSON.stringify(run)
    const text = `${line}\n${line.slice(0, 80)}\n{"a":1}\n${line}\n`
    const { sessions, skipped } = await readTranscriptFile(write('w.jsonl', text))
    expect(sessions.map(({ session }) => session.key)).toEqual([
      'who-and-when:Who&When/Algorithm-Generated/1.json',
      'who-and-when:Who&When/Algorithm-Generated/1.json#2',
    ])
    expect(skipped).toEqual({ 'torn line': 1, 'record without a history and its mistake': 1 })
  })
})

describe.skipIf(!present)('who-and-when, both halves', async () => {
  const sessions = present ? await readSourceSessions('who-and-when') : []

  it('has 103 failed sessions, 27 of them hand-crafted, with an agent and a step to blame', () => {
    expect(sessions).toHaveLength(103)
    const teams = sessions.map(({ session }) => session.labels.team)
    expect(teams.filter((team) => team === 'hand-crafted')).toHaveLength(27)
    expect(sessions.every(({ outcomes }) => outcomes[0]?.success === false)).toBe(true)
    for (const { events, outcomes } of sessions) {
      const { mistake_agent, mistake_step } = outcomes[0]?.components ?? {}
      expect(typeof mistake_agent).toBe('string')
      expect(events.some(({ record }) => record === Number(mistake_step) + 1)).toBe(true)
    }
  })

  it('keeps every turn of every history, in order', () => {
    const turns = sessions.flatMap(({ events }) => {
      const records = events.map(({ record }) => record).filter((record) => record > 0)
      expect(records).toEqual(records.toSorted((a, b) => a - b))
      return [...new Set(records)]
    })
    expect(turns).toHaveLength(648 + 1232)
    const results = ofType(sessions, 'agent.tool_result')
    const failed = results.filter(({ body }) => body.type === 'agent.tool_result' && body.is_error)
    // 140 answers with an exit code stand in the algorithm-generated half.
    expect([results.length, failed.length]).toEqual([140, 46])
  })
})

describe('claude-code with an index beside it', () => {
  const uuid = '0f0f0f0f-1111-4222-8333-444444444444'
  const spoken = {
    type: 'user',
    uuid: 'u1',
    parentUuid: null,
    sessionId: uuid,
    timestamp: '2026-01-05T10:00:00.000Z',
    message: { role: 'user', content: 'please fix it' },
  }
  const row = (label: string, date: string, name = `2026-01-05-${uuid}`) => ({
    session: name,
    raw_ids: [name],
    outcome: { label, merged_to_main: label === 'merged' },
    checkpoints: [{ commits: [{ sha: 'a', date, on_main: label === 'merged' }] }],
  })
  const later = row('merged', '2026-03-01 12:00:00 +0100', 'another')

  async function readBeside(index: string, where: 'folder' | 'parent' = 'parent') {
    const top = folder()
    const inside = join(top, 'sessions')
    mkdirSync(inside)
    writeFileSync(join(where === 'parent' ? top : inside, 'index.jsonl'), index)
    const path = join(inside, `${uuid}.jsonl`)
    writeFileSync(path, `${JSON.stringify(spoken)}\n`)
    const { sessions, skipped } = await readTranscriptFile(path)
    return { outcomes: sessions[0]?.outcomes ?? [], skipped }
  }
  const lines = (...rows: readonly object[]) => rows.map((one) => JSON.stringify(one)).join('\n')

  it('is a success when it was merged, on the day of its last commit, under any of its names', async () => {
    for (const where of ['folder', 'parent'] as const) {
      const index = lines(later, row('merged', '2026-01-06 12:36:43 +0100'))
      const { outcomes } = await readBeside(index, where)
      expect(outcomes).toMatchObject([
        { kind: 'merged', value: null, success: true, decidedAt: '2026-01-06T11:36:43.000Z' },
      ])
    }
  })

  it('is given up when its branch lies for two weeks, open before that and without a commit', async () => {
    const decided = async (label: string, date: string) =>
      (await readBeside(lines(row(label, date), later))).outcomes[0]?.success
    expect(await decided('committed_not_on_main', '2026-01-06 12:00:00 +0100')).toBe(false)
    expect(await decided('committed_not_on_main', '2026-02-20 12:00:00 +0100')).toBeNull()
    expect(await decided('no_commit', '2026-01-06 12:00:00 +0100')).toBeNull()
  })

  it('lets a merge that comes late win over having been given up', async () => {
    const before = await readBeside(
      lines(row('committed_not_on_main', '2026-01-06 12:00:00 +0100'), later),
    )
    const after = await readBeside(lines(row('merged', '2026-01-06 12:00:00 +0100'), later))
    const signals = [...after.outcomes, ...before.outcomes]
    expect(signals.map(({ success }) => success)).toEqual([true, false])
    expect(sessionOutcome(signals).success).toBe(true)
  })

  it('has no outcome when the index is of another kind, and says when it is damaged', async () => {
    expect(await readBeside('{"a":1}\n[]')).toEqual({
      outcomes: [],
      skipped: {
        'index.jsonl beside it names no such session and has lines that are no JSON object': 1,
      },
    })
    expect(await readBeside('{"a":1}\n{"session":7}')).toEqual({ outcomes: [], skipped: {} })
  })

  it('is known for what it is when a whole folder is imported, and other files of its name are not', async () => {
    const path = join(folder(), 'index.jsonl')
    writeFileSync(path, lines(later))
    expect(await recogniseBeside(path)).toBe('claude-code-outcomes')
    writeFileSync(path, '{"session":"a"}\n')
    expect(await recogniseBeside(path)).toBeNull()
  })

  it('is read again when its outcome comes later, and only then', async () => {
    const top = folder()
    const path = join(top, `${uuid}.jsonl`)
    writeFileSync(path, `${JSON.stringify(spoken)}\n`)
    const mark = async (...rows: readonly object[]) => {
      writeFileSync(join(top, 'index.jsonl'), lines(...rows))
      const options = { mask: noMask, hash, taskIds: {} }
      return (await openTranscript(path, options)).besideFingerprint
    }
    const open = row('committed_not_on_main', '2026-02-20 12:00:00 +0100')
    const first = await mark(open, later)
    expect(await mark(open, later, row('merged', '2026-03-01 13:00:00 +0100', 'third'))).toBe(first)
    expect(await mark(row('merged', '2026-02-21 12:00:00 +0100'), later)).not.toBe(first)
    expect(await mark(later)).toBe('')
  })
})

describe.skipIf(!present)('entire-cli, 146 sessions of Claude Code', () => {
  const at = join(sharedData, 'entire-cli')

  it('has 86 % merged; seven branches were given up and fourteen sessions are undecided', async () => {
    const text = readFileSync(join(at, 'index.jsonl'), 'utf8')
    const facts = listSource('entire-cli').map((path) => readSessionIndex(text, path).facts)
    expect(facts).toHaveLength(146)
    const of = (success: boolean | null) => facts.filter((one) => one?.success === success).length
    expect([of(true), of(false), of(null)]).toEqual([125, 7, 14])
    expect(facts.filter((one) => one?.success === true && one.decidedAt === null)).toEqual([])
  })

  it('has the outcome on the session itself', async () => {
    const path = join(at, 'sessions/569aed7b-6ead-4790-a3fe-c7028466112c.jsonl.gz')
    const { sessions } = await readTranscriptFile(path)
    expect(sessions[0]?.outcomes).toMatchObject([
      {
        kind: 'merged',
        success: true,
        decidedAt: '2026-01-15T11:18:12.000Z',
        components: { label: 'merged', commits: '5 of 5 on main', agent_percentage: null },
        source: 'index.jsonl',
      },
    ])
  })
})
