import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventText } from '../src/core/session.ts'
import { readTranscriptFile, sharedData } from './_airline.ts'

const count = (list: readonly string[]) =>
  Object.fromEntries(
    [...Map.groupBy(list, (one) => one)]
      .map(([key, group]) => [key, group.length] as const)
      .toSorted(),
  )

/** Sessions, events by type and outcomes of a file: what an importer must never change unnoticed. */
async function summarise(path: string) {
  const { format, sessions, skipped, records } = await readTranscriptFile(path)
  return {
    format,
    sessions: sessions.length,
    records,
    events: count(sessions.flatMap(({ events }) => events.map(({ body }) => body.type))),
    outcomes: count(
      sessions.flatMap(({ outcomes }) => outcomes.map(({ success }) => String(success))),
    ),
    skipped,
  }
}

describe('tau-bench', () => {
  it('gives 120 sessions with 664 calls, 37 of them failed', async () => {
    const path = 'data/airline/transcripts/gpt-4o-airline.json.gz'
    expect(await summarise(path)).toEqual({
      format: 'tau-bench',
      sessions: 120,
      records: 3204,
      events: {
        'agent.message': 804,
        'agent.tool_result': 664,
        'agent.tool_use': 664,
        'session.status_idle': 120,
        'system.message': 120,
        'user.message': 857,
      },
      outcomes: { false: 67, true: 53 },
      skipped: {},
    })
    const { sessions } = await readTranscriptFile(path)
    const failed = sessions.flatMap(({ events }) =>
      events.filter(({ body }) => body.type === 'agent.tool_result' && body.is_error),
    )
    expect(failed).toHaveLength(37)
    expect(sessions[0]?.session.task).toEqual({ type: 'airline', id: 'airline/20' })
  })
})

describe('tau2', () => {
  it('keeps the calls of a run that was cut off, and its failure', async () => {
    const { sessions } = await readTranscriptFile(
      'data/airline/transcripts/gpt-oss-120b__airline.json.gz',
    )
    const cut = sessions.filter(({ session }) => session.status === 'terminated')
    expect(cut).toHaveLength(6)
    for (const { events, outcomes } of cut) {
      expect(events.at(-1)?.body.type).toBe('session.status_terminated')
      expect(outcomes.map(({ success }) => success)).toEqual([false])
    }
  })
})

describe.skipIf(!existsSync(sharedData))(`the larger set of transcripts (${sharedData})`, () => {
  const at = (path: string) => join(sharedData, path)

  it('has a graded tau-bench file whose rewards never reach one, and not all of it failed', async () => {
    const { sessions, outcomes, events } = await summarise(
      at('tau-bench/grok-3-retail-fault503.json.gz'),
    )
    expect({ sessions, outcomes }).toEqual({ sessions: 76, outcomes: { false: 24, true: 52 } })
    expect(events['agent.tool_use']).toBe(640)
  })

  it('has telecom runs whose users use tools of their own, which are not the agent’s', async () => {
    const found = await summarise(at('tau2-bench/gpt-4o__telecom-small.json.gz'))
    expect(found.events).toMatchObject({
      'agent.tool_use': 90,
      'lucid.user_tool_use': 125,
      'lucid.user_tool_result': 125,
    })
    expect(found.outcomes).toEqual({ false: 6, true: 14 })
  })

  it('has a broken run without messages, which is undecided and not a failure', async () => {
    const path = at('tau2-bench/biased/adaptive-agent-best-of-n__airline.json.gz')
    expect((await summarise(path)).outcomes).toEqual({ null: 1, true: 29 })
  })

  it('has 309 tau2 sessions in all', async () => {
    const names = readdirSync(at('tau2-bench')).filter((name) => name.endsWith('.json.gz'))
    const all = await Promise.all(names.map((name) => summarise(at(`tau2-bench/${name}`))))
    expect(all.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(309)
    expect(all.flatMap(({ skipped }) => Object.keys(skipped))).toEqual([])
  })

  describe('of Claude Code', () => {
    const index = () =>
      readFileSync(at('entire-cli/index.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
        .filter((row) => existsSync(at(`entire-cli/sessions/${row.file}`)))

    it('has as many calls, refusals, interrupts and compactions as its own index counted', async () => {
      let files = 0
      for (const row of index()) {
        const { sessions, skipped } = await readTranscriptFile(
          at(`entire-cli/sessions/${row.file}`),
        )
        expect(sessions).toHaveLength(1)
        const bodies = (sessions[0]?.events ?? []).map(({ body }) => body)
        const types = count(bodies.map(({ type }) => type))
        const glued = skipped['line with records glued together, all recovered'] ?? 0
        expect(glued).toBe(row.torn_lines)
        // The index skipped glued lines, which are recovered here, so its counts may be lower by them.
        const within = (mine: number | undefined, theirs: number, slack: number) => {
          expect((mine ?? 0) - theirs).toBeGreaterThanOrEqual(0)
          expect((mine ?? 0) - theirs).toBeLessThanOrEqual(slack)
        }
        within(types['agent.tool_use'], row.tool_use, 2 * glued)
        // What the API answered instead of a message stands as the agent's text in the log.
        const errors = types['session.error'] ?? 0
        within((types['agent.message'] ?? 0) + errors, row.assistant_text, 2 * glued + errors)
        within(types['agent.thinking'], row.thinking, 2 * glued)
        const refused = bodies.filter(({ type }) => type === 'user.tool_confirmation').length
        within(refused, row.user_rejections, 2 * glued)
        files += 1
      }
      expect(files).toBe(146)
    }, 120_000)

    it('has every refusal’s words as the people said them', async () => {
      const rows = readFileSync(at('entire-cli/user-corrections.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
      const said = new Map<string, string[]>()
      for (const session of new Set(rows.map((row) => row.session))) {
        const path = at(`entire-cli/sessions/${session}.jsonl.gz`)
        if (!existsSync(path)) continue
        const { sessions } = await readTranscriptFile(path)
        const words = (sessions[0]?.events ?? []).flatMap(({ body }) =>
          body.type === 'user.tool_confirmation' && body.deny_message
            ? [body.deny_message.trim()]
            : [],
        )
        said.set(session, words)
      }
      const missing = rows.filter(
        (row) => said.has(row.session) && !said.get(row.session)?.includes(row.user_said.trim()),
      )
      expect(said.size).toBeGreaterThan(5)
      expect(missing.map((row) => row.user_said)).toEqual([])
    }, 60_000)

    it('counts usage once for each message, and every result follows its call', async () => {
      const path = at('entire-cli/sessions/0442a060-edc3-4307-bddb-11a2951fd1a1.jsonl.gz')
      const { sessions } = await readTranscriptFile(path)
      const events = sessions[0]?.events ?? []
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at))
      const seen = new Set<string>()
      let answered = 0
      for (const { id, body } of events) {
        if (body.type === 'agent.tool_result' && body.tool_use_id !== null) {
          expect(seen.has(body.tool_use_id)).toBe(true)
          answered += 1
        }
        seen.add(id)
      }
      expect(answered).toBeGreaterThan(10)
      expect(events.some(({ body }) => eventText(body).startsWith('[Request interrupted'))).toBe(
        false,
      )
    })
  })
})
