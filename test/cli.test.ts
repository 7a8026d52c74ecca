import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { briefDocument } from '../src/contract/brief.ts'
import { changesDocument } from '../src/contract/changes.ts'
import { doctorDocument } from '../src/contract/doctor.ts'
import { dreamDocument } from '../src/contract/dream.ts'
import { errorDocument } from '../src/contract/error.ts'
import { findingsDocument } from '../src/contract/findings.ts'
import { importDocument } from '../src/contract/import.ts'
import { keyDocument, keysDocument } from '../src/contract/keys.ts'
import { memoriesDocument, memoryDiffDocument, memoryDocument } from '../src/contract/memory.ts'
import { sessionDocument, sessionsDocument } from '../src/contract/sessions.ts'
import { airlineMemory, airlineTranscripts } from './_airline.ts'
import { type Answer, ended, inFolder, run, start } from './_program.ts'

function parse<Schema extends z.ZodType>(schema: Schema, { out }: Answer): z.infer<Schema> {
  return schema.parse(JSON.parse(out))
}

describe('the demo', () => {
  it('prints the same bytes on two fresh databases, and again on a used one', async () => {
    await inFolder(async (folder) => {
      const print = async (name: string) => {
        const answer = await run(['demo', '--quiet', '--data', join(folder, name)])
        expect(answer.code).toBe(0)
        return answer.out.replaceAll(join(folder, name), 'DATA')
      }
      const first = await print('a')
      expect(first).toContain('Sessions that call `cancel_reservation` fail more often')
      expect(await print('b')).toBe(first)
      expect(await print('a')).toBe(first)
    })
  })

  it('fits the width it is given', async () => {
    await inFolder(async (folder) => {
      const { out } = await run(['demo', '--quiet', '--data', folder], { columns: 72 })
      const long = out.split('\n').filter((line) => line.length > 72)
      expect(long.filter((line) => !/npm run|patch -d/.test(line))).toEqual([])
    })
  })
})

describe('API keys', () => {
  it('are made, listed and revoked by commands whose documents keep the contract', async () => {
    await inFolder(async (folder) => {
      const data = ['--json', '--data', folder]
      const create = ['keys', 'create', 'ci', '--scope', 'ingest,outcomes']
      const made = parse(keyDocument, await run([...create, '--expires', '2099-01-31', ...data]))
      expect(made).toMatchObject({
        key: expect.stringMatching(/^sk-lucid-/),
        api_key: { scopes: ['ingest', 'outcomes'], expires_at: '2099-01-31T00:00:00.000Z' },
      })
      const { id } = made.api_key
      const listed = await run(['keys', ...data])
      expect(parse(keysDocument, listed).data.map((key) => key.id)).toEqual([id])
      expect(listed.out).not.toContain(made.key)
      const revoked = parse(keyDocument, await run(['keys', 'revoke', id, ...data]))
      expect(revoked.api_key.revoked_at).not.toBeNull()
      expect((await run(['keys', 'revoke', 'apikey_none', ...data])).code).toBe(5)
      expect((await run(['keys', 'create', 'x', '--scope', 'root', ...data])).code).toBe(2)
      expect((await run(['keys', 'create', 'x', ...data])).code).toBe(2)
    })
  })
})

describe('the documents for programs', () => {
  it('have the shape of the contract', async () => {
    await inFolder(async (folder) => {
      const data = ['--json', '--data', join(folder, 'data')]
      const imported = parse(importDocument, await run(['import', airlineTranscripts, ...data]))
      expect(imported.totals).toMatchObject({
        sessions: 315,
        added: 315,
        failed_files: 0,
        outcome_signals: 315,
      })
      const again = parse(importDocument, await run(['import', airlineTranscripts, ...data]))
      expect(again.totals).toMatchObject({ sessions: 315, added: 0, unchanged: 315 })

      const out = join(folder, 'out')
      const dreamt = parse(
        dreamDocument,
        await run(['dream', '--memory', airlineMemory, '--out', out, ...data]),
      )
      expect(dreamt).toMatchObject({ duplicates: 3, read: { sessions: 315, memories: 5 } })
      expect(dreamt.conflicts).toHaveLength(4)

      const findings = parse(findingsDocument, await run(['findings', ...data]))
      expect(findings.data).toHaveLength(dreamt.findings)
      const one = findings.data[0]
      const shown = parse(
        findingsDocument,
        await run(['findings', 'show', one?.id.slice(0, 14) ?? '', ...data]),
      )
      expect(shown.data).toEqual([one])

      const briefs = parse(briefDocument, await run(['brief', ...data])).data
      expect(briefs.map(({ task_type }) => task_type)).toEqual(['airline'])
      expect(briefs[0]?.lines.length).toBeGreaterThan(2)
      const known = new Set(findings.data.map(({ id }) => id))
      expect(briefs[0]?.lines.every(({ finding_id }) => known.has(finding_id))).toBe(true)
      const short = parse(briefDocument, await run(['brief', '--budget', '90', ...data])).data[0]
      expect(short?.tokens).toBeLessThanOrEqual(90)
      expect(short?.left_out).toBeGreaterThan(0)
      expect((await run(['brief', 'hotel', ...data])).code).toBe(5)

      const changes = parse(changesDocument, await run(['changes', ...data]))
      expect(changes.data).toHaveLength(dreamt.changes)
      const ids = new Set(findings.data.map(({ id }) => id))
      expect(changes.data.flatMap((change) => change.finding_ids).every((id) => ids.has(id))).toBe(
        true,
      )

      const sessions = parse(sessionsDocument, await run(['sessions', '--limit', '3', ...data]))
      expect(sessions).toMatchObject({ total: 315 })
      expect(sessions.data).toHaveLength(3)
      const session = parse(
        sessionDocument,
        await run(['sessions', 'show', sessions.data[0]?.id ?? '', ...data]),
      )
      expect(session.events).toHaveLength(session.session.events)

      const quote = one?.evidence[0]
      const quoted = parse(
        sessionDocument,
        await run(['sessions', 'show', quote?.session_id ?? '', ...data]),
      )
      expect(quoted.events.map(({ id }) => id)).toContain(quote?.event_id)

      expect(parse(memoriesDocument, await run(['memory', 'ls', ...data])).data).toHaveLength(5)
      const memory = parse(memoryDocument, await run(['memory', 'cat', 'payments.md', ...data]))
      expect(memory.memory.content).toBe(readFileSync(join(airlineMemory, 'payments.md'), 'utf8'))
      expect(parse(memoryDiffDocument, await run(['memory', 'diff', ...data])).diff).toContain(
        '+++ b/',
      )
      const checks = parse(doctorDocument, await run(['doctor', ...data])).checks
      expect(checks.filter(({ state }) => state === 'failed')).toEqual([])
    })
  }, 60_000)

  it('name the error and its code', async () => {
    await inFolder(async (folder) => {
      const answer = await run(['findings', '--json', '--data', folder])
      expect(answer.code).toBe(5)
      expect(parse(errorDocument, answer).error.code).toBe('not_found')
    })
  })
})

describe('a proposal', () => {
  it('lies beside the memory, can be applied by patch, and leaves the memory untouched', async () => {
    await inFolder(async (folder) => {
      const memory = join(folder, 'memory')
      cpSync(airlineMemory, memory, { recursive: true })
      const data = ['--data', join(folder, 'data')]
      await run(['import', airlineTranscripts, ...data])
      const { code } = await run(['dream', '--memory', memory, ...data])
      expect(code).toBe(0)
      for (const name of readdirSync(airlineMemory)) {
        expect(readFileSync(join(memory, name), 'utf8')).toBe(
          readFileSync(join(airlineMemory, name), 'utf8'),
        )
      }
      const [dream] = readdirSync(join(folder, 'memory.proposals'))
      const proposal = join(folder, 'memory.proposals', dream ?? '')
      const patched = spawnSync('patch', [
        '-d',
        memory,
        '-p1',
        '-i',
        join(proposal, 'changes.patch'),
      ])
      expect(patched.status).toBe(0)
      for (const name of readdirSync(join(proposal, 'memory'))) {
        expect(readFileSync(join(memory, name), 'utf8')).toBe(
          readFileSync(join(proposal, 'memory', name), 'utf8'),
        )
      }
      const again = await run(['dream', '--memory', memory, '--json', ...data])
      expect(parse(dreamDocument, again)).toMatchObject({ changes: 0, written_to: null })
    })
  }, 60_000)

  it('for one file says nothing of its neighbours', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'CLAUDE.md'), '- one line\n')
      writeFileSync(join(folder, 'OTHER.md'), '- another line\n')
      const data = ['--json', '--data', join(folder, 'data')]
      const one = parse(
        dreamDocument,
        await run(['dream', '--memory', join(folder, 'CLAUDE.md'), ...data]),
      )
      const all = parse(dreamDocument, await run(['dream', '--memory', folder, ...data]))
      expect([one.read.memories, all.read.memories]).toEqual([1, 2])
      expect(one.input_store_id).not.toBe(all.input_store_id)
    })
  })

  it('is never written inside the memory folder', async () => {
    await inFolder(async (folder) => {
      const out = join(airlineMemory, 'proposals')
      const answer = await run(['dream', '--memory', airlineMemory, '--out', out, '--data', folder])
      expect(answer.code).toBe(2)
      expect(existsSync(out)).toBe(false)
    })
  })
})

describe('bad input', () => {
  const good = readFileSync(join(airlineTranscripts, 'ironshell-o3__airline-wave2.json.gz'))

  it('costs one line each, and the rest is imported', async () => {
    await inFolder(async (folder) => {
      const put = (name: string, content: string | Uint8Array) =>
        writeFileSync(join(folder, 'in', name), content)
      mkdirSync(join(folder, 'in'))
      put('good.json.gz', good)
      put('empty.json', '')
      put('notes.txt', 'hello')
      put('cut.json.gz', good.subarray(0, good.length - 3_000))
      put('broken.json', '{"info":{"num_trials":1},"simulations":[{"id":"a","messages":[]},{')
      put('binary.bin', Uint8Array.from([0, 1, 2, 255]))
      put(
        'bad-utf8.jsonl',
        Buffer.concat([
          Buffer.from('{"role":"user","content":"a'),
          Buffer.from([0xff]),
          Buffer.from('"}\n{"role":"assistant","content":"b"}\n'),
        ]),
      )
      put(
        'long.jsonl',
        `{"role":"user","content":"hi"}\n{"role":"user","content":"${'x'.repeat(70 * 1024 * 1024)}"}\n{"role":"assistant","content":"ho"}\n`,
      )
      put(
        'proto.jsonl',
        '{"role":"user","content":"hi","__proto__":{"polluted":true}}\n{"role":"assistant","content":"","tool_calls":[{"id":"__proto__","function":{"name":"constructor","arguments":"{\\"__proto__\\":1}"}}]}\n',
      )
      symlinkSync('/etc/passwd', join(folder, 'in', 'link'))
      const answer = await run([
        'import',
        join(folder, 'in'),
        '--json',
        '--data',
        join(folder, 'data'),
      ])
      expect(answer.code).toBe(8)
      const { files } = parse(importDocument, answer)
      const errors = files.map(({ path, error }) => [
        path.slice(folder.length + 4),
        error?.code ?? null,
      ])
      expect(Object.fromEntries(errors)).toEqual({
        'bad-utf8.jsonl': null,
        'binary.bin': 'file_not_transcript',
        'broken.json': 'file_truncated',
        'cut.json.gz': 'file_truncated',
        'empty.json': 'file_empty',
        'good.json.gz': null,
        link: 'path_outside',
        'long.jsonl': null,
        'notes.txt': 'file_not_transcript',
        'proto.jsonl': null,
      })
      const skipped = files.flatMap((file) => file.skipped.map(({ reason }) => reason))
      expect(skipped).toContain('line longer than the record limit')
      expect(skipped).toContain('invalid UTF-8, replaced by U+FFFD')
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
      for (const file of files) if (file.error) expect(file.error.message).toContain(file.path)
    })
  }, 60_000)

  it('that is repaired later is imported then', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'run.json.gz')
      const args = ['import', path, '--json', '--data', join(folder, 'data')]
      writeFileSync(path, good.subarray(0, good.length - 3_000))
      const first = parse(importDocument, await run(args))
      writeFileSync(path, good)
      const second = parse(importDocument, await run(args))
      expect(second.totals.sessions).toBe(5)
      expect(second.totals.added).toBe(5 - first.totals.added)
    })
  })

  it('of a memory folder is left out by name: links out of it, binary files, too large ones', async () => {
    await inFolder(async (folder) => {
      const memory = join(folder, 'memory')
      mkdirSync(memory)
      writeFileSync(join(memory, 'a.md'), '- fine\n')
      writeFileSync(join(memory, 'b.md'), Uint8Array.from([0x23, 0xff, 0xfe]))
      writeFileSync(join(memory, 'c.md'), 'x'.repeat(102_401))
      writeFileSync(join(memory, 'd.png'), 'png')
      symlinkSync('/etc/passwd', join(memory, 'e.md'))
      const answer = await run([
        'dream',
        '--memory',
        memory,
        '--json',
        '--data',
        join(folder, 'data'),
      ])
      expect(answer.code).toBe(0)
      const { left_out, read } = parse(dreamDocument, answer)
      expect(read.memories).toBe(1)
      expect(left_out.map(({ path }) => path)).toEqual(['b.md', 'c.md', 'd.png', 'e.md'])
    })
  })
})

describe('transcripts that grow', () => {
  it('replace shorter ones, are not replaced by shorter ones, and keep what evidence quotes', async () => {
    await inFolder(async (folder) => {
      const lines = Array.from({ length: 30 }, (_, i) =>
        JSON.stringify({
          type: i % 2 === 0 ? 'user' : 'assistant',
          uuid: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
          parentUuid: i === 0 ? null : `00000000-0000-4000-8000-${String(i - 1).padStart(12, '0')}`,
          sessionId: '11111111-1111-4111-8111-111111111111',
          timestamp: new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString(),
          message:
            i % 2 === 0
              ? { role: 'user', content: `question ${i}` }
              : {
                  role: 'assistant',
                  id: `m${i}`,
                  content: [{ type: 'text', text: `answer ${i}` }],
                },
        }),
      )
      const upload = async (name: string, count: number) => {
        const path = join(folder, `${name}-11111111-1111-4111-8111-111111111111.jsonl`)
        writeFileSync(path, `${lines.slice(0, count).join('\n')}\n`)
        const answer = await run(['import', path, '--json', '--data', join(folder, 'data')])
        return parse(importDocument, answer).totals
      }
      expect(await upload('2026-01-01', 10)).toMatchObject({ added: 1, events: 10 })
      expect(await upload('2026-01-02', 30)).toMatchObject({ replaced: 1, events: 30 })
      expect(await upload('2026-01-03', 20)).toMatchObject({ shorter: 1 })
      const list = parse(
        sessionsDocument,
        await run(['sessions', '--json', '--data', join(folder, 'data')]),
      )
      expect(list.data.map(({ events, title }) => [events, title])).toEqual([[30, 'question 0']])
    })
  })
})

describe('the command line', () => {
  it('answers a wrong command with a suggestion and 2', async () => {
    const answer = await run(['imprt', 'x'])
    expect(answer.code).toBe(2)
    expect(answer.err).toContain('Did you mean import?')
  })

  it('shows examples first in every help', async () => {
    for (const args of [
      ['--help'],
      ['import', '--help'],
      ['dream', '--help'],
      ['memory', 'diff', '--help'],
    ]) {
      const answer = await run(args)
      expect(answer.code).toBe(0)
      expect(answer.out).toMatch(/^Examples:\n {2}\S/)
    }
    expect((await run(['--help'])).out).toContain('130 interrupted')
  })

  it('refuses a time it cannot read, saying which it can', async () => {
    await inFolder(async (folder) => {
      const answer = await run(['dream', '--since', 'yesterday', '--data', folder])
      expect(answer.code).toBe(2)
      expect(answer.err).toContain('7d')
    })
  })

  it('never passes control characters of a transcript on to the terminal', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'evil.jsonl')
      const text = 'hi \u001b]0;owned\u0007 \u202e there'
      writeFileSync(
        path,
        `${JSON.stringify({ role: 'user', content: text })}\n${JSON.stringify({ role: 'assistant', content: 'ok' })}\n`,
      )
      const data = ['--data', join(folder, 'data')]
      await run(['import', path, ...data])
      const list = await run(['sessions', ...data])
      const [id] = /sesn_\w+/.exec(list.out) ?? ['']
      const shown = await run(['sessions', 'show', id, ...data])
      for (const out of [list.out, shown.out]) {
        expect(out).toContain('owned')
        expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
      }
    })
  })

  it('masks secrets before anything is stored', async () => {
    await inFolder(async (folder) => {
      const secret = `ghp_${'aB3dE6gH9'.repeat(4)}`
      const path = join(folder, 'leak.jsonl')
      writeFileSync(
        path,
        `${JSON.stringify({ role: 'user', content: `use ${secret}` })}\n${JSON.stringify({ role: 'assistant', content: 'ok' })}\n`,
      )
      const data = join(folder, 'data')
      const imported = parse(importDocument, await run(['import', path, '--json', '--data', data]))
      expect(imported.totals.secrets_masked).toBe(1)
      const stored = readdirSync(data)
        .map((name) => readFileSync(join(data, name), 'latin1'))
        .join('')
      expect(stored).not.toContain(secret)
      expect(stored).toContain('<secret:github:')
    })
  })

  it('works as a process, also when its reader goes away', async () => {
    await inFolder(async (folder) => {
      const child = start(['demo', '--data', folder])
      child.stdout?.once('data', () => child.stdout?.destroy())
      const { code } = await ended(child)
      expect(code).toBe(0)
      const second = await ended(start(['findings', '--json', '--data', folder]))
      expect(JSON.parse(second.out).kind).toBe('findings')
    })
  })
})

it('bundled files are what their sizes say', () => {
  const whole = gunzipSync(readFileSync(join(airlineTranscripts, 'gpt-4o-airline.json.gz')))
  expect(JSON.parse(whole.toString('utf8'))).toHaveLength(120)
  expect(gzipSync(whole).length).toBeGreaterThan(100_000)
})
