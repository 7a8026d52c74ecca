import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ProposedChange } from '../../src/core/change/change.ts'
import type { ChangeId, DreamId } from '../../src/core/ids.ts'
import { importPaths } from '../../src/pipeline/import.ts'
import { insertChanges } from '../../src/storage/changes.ts'
import { listFindings } from '../../src/storage/findings.ts'
import { editStoredChange } from '../../src/storage/review-changes.ts'
import { findWords } from '../_rows.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { inputsOf, startWorker, waitForEnd } from './_dreaming.ts'

let server: TestServer
let folder: string
beforeEach(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'lucidream-erasure-'))
})
afterEach(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Words that only the subject's sessions have. */
const words = ['quellmann', 'zorastadt', 'zora-session', 'zora.q@post.example']

let folderFiles = 0

/** One session: a call that fails twice with the subject's words, and works with a mode. */
function writeRuns(name: string, principal: string, error: string): string {
  const call = (id: string, args: object) => ({
    role: 'assistant',
    content: null,
    tool_calls: [
      { id, type: 'function', function: { name: 'pay', arguments: JSON.stringify(args) } },
    ],
  })
  const lines = Array.from({ length: 12 }, (_, at) =>
    JSON.stringify({
      id: `${name}-${at}`,
      task_id: `task-${at}`,
      task_type: 'ledger',
      model: 'm',
      user_id: principal,
      reward: 1,
      messages: [
        { role: 'user', content: `Please pay bill ${at} of ${principal}.` },
        call('a', { id: `B${at}` }),
        { role: 'tool', tool_call_id: 'a', content: `Error: ${error}` },
        call('b', at % 3 === 2 ? { id: `B${at}` } : { id: `B${at}`, mode: 'checked' }),
        {
          role: 'tool',
          tool_call_id: 'b',
          content: at % 3 === 2 ? `Error: ${error}` : '{"ok":true}',
        },
        { role: 'assistant', content: 'Paid.' },
      ],
    }),
  )
  const path = join(folder, `runs-${folderFiles++}.jsonl`)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

/** A change that quotes the subject, with what a critic and a reviewer said of it. */
async function proposeOf(dreamId: DreamId): Promise<void> {
  const operator = { type: 'user', id: 'test' } as const
  await server.context.database.write(operator, async (writer) => {
    const findings = await listFindings(writer, dreamId)
    const { finding } = findings.find((one) => /quellmann/.test(one.finding.title)) ?? {}
    if (!finding) throw new Error('nothing was found of the subject')
    const after = '- `pay` refuses calls with “ledger of Quellmann”.'
    const change: ProposedChange = {
      key: 'a1b2c3',
      operation: 'add',
      path: '/ledger.md',
      baseSha256: null,
      edits: [{ start: 0, before: '', after }],
      leaves: 'content',
      before: null,
      after,
      rationale: 'Quellmann said so',
      grade: 'D',
      findingKeys: [finding.key],
      evidence: finding.evidence,
      trust: { taint: 'untrusted', quarantine: [] },
    }
    const id = 'chg_quoting' as ChangeId
    await insertChanges(writer, dreamId, [{ id, change, baseVersionId: null }])
    await editStoredChange(writer, id, { after: '- Quellmann’s ledger.', reason: 'of Quellmann' })
    await writer.audit({ action: 'change.proposed', objectType: 'change', objectId: id })
  })
}

it('an erased subject stands in no table: not in titles, templates, keys, reports, or after another import', async () => {
  const { context } = server
  const subject = writeRuns(
    'zora-session',
    'zora.q@post.example',
    'ledger of Quellmann is frozen by branch Zorastadt',
  )
  const other = writeRuns('other', 'ben', 'the printer has no paper left')
  await importPaths(context, [subject, other], () => {})
  const client = server.client()
  const { id: storeId } = await client.beta.memoryStores.create({ name: 'ledger' })
  const { data } = (await (await server.fetch('/v1/sessions?limit=100')).json()) as {
    data: { id: string }[]
  }
  const stop = startWorker(context)
  const { id } = await client.beta.dreams.create({
    model: 'lucidream-builtin' as never,
    inputs: inputsOf(
      storeId,
      data.map((one) => one.id),
    ),
  } as never)
  expect((await waitForEnd(client, id)).status).toBe('completed')
  await stop()
  await proposeOf(id as DreamId)
  const before = await findWords(context.database, words)
  const tables = new Set(before.map(({ table }) => table))
  for (const table of [
    'sessions',
    'session_events',
    'findings',
    'changes',
    'reviews',
    'evidence',
    'dreams',
  ]) {
    expect(tables, table).toContain(table)
  }

  const response = await server.fetch('/lucid/v1/erasures', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      source: { type: 'principal', name: 'zora.q@post.example' },
      reason: 'asked for it',
    }),
  })
  expect(response.status).toBe(200)
  expect(await findWords(context.database, words)).toEqual([])
  const find = async () =>
    (await (await server.fetch('/lucid/v1/search?q=Quellmann')).json()) as { data: unknown[] }
  expect((await find()).data).toEqual([])
  // The other sessions, and what was found of them, are as they were.
  const kept = await findWords(context.database, ['the printer has no paper left'])
  expect(kept.map(({ table }) => table)).toEqual(
    expect.arrayContaining(['session_events', 'findings']),
  )
  const findings = await server.fetch(`/lucid/v1/dreams/${id}/findings?limit=100`)
  expect(findings.status).toBe(200)

  // The same file again, and a longer one of the same sessions.
  await importPaths(context, [subject], () => {})
  const longer = writeRuns('zora-session', 'zora.q@post.example', 'Quellmann again, and more of it')
  await importPaths(context, [longer], () => {})
  expect(await findWords(context.database, words)).toEqual([])
}, 120_000)
