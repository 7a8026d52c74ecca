import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inflateSync } from 'node:zlib'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openEmbedded } from '../src/app.ts'
import { renderBrief } from '../src/core/propose/brief.ts'
import { writeBriefs } from '../src/core/propose/briefs.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { openDefaultStore } from '../src/pipeline/memory-store.ts'
import { listFindings } from '../src/storage/findings.ts'
import { makeSecrets } from './_secrets.ts'

const operator = { type: 'user', id: 'test' } as const
const secrets = makeSecrets()
let folder = ''
let seen = ''

/** Every text in every table, compressed ones too. */
function readAll(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true })
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all() as { name: string }[]
  const texts = tables.flatMap(({ name }) =>
    (database.prepare(`SELECT * FROM "${name}"`).all() as Record<string, unknown>[]).flatMap(
      (row) => Object.values(row).map(toText),
    ),
  )
  database.close()
  return texts.join('\n')
}

function toText(value: unknown): string {
  if (!(value instanceof Uint8Array)) return String(value)
  try {
    return inflateSync(value).toString('utf8')
  } catch {
    return Buffer.from(value).toString('utf8')
  }
}

/** A conversation that says, reads, fails with and is told every secret. */
function makeConversation(name: string) {
  const all = secrets.map(({ text }) => text).join('\n\n')
  return {
    messages: [
      { role: 'system', content: `Use ${secrets[0]?.text}` },
      { role: 'user', content: all },
      {
        role: 'assistant',
        content: all,
        tool_calls: [
          {
            id: 'c1',
            type: 'function',
            function: { name: 'look', arguments: JSON.stringify({ all }) },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: `Error: ${all}` },
      { role: 'assistant', content: `Done with ${name}.` },
    ],
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lucidream-secrets-'))
  const file = join(folder, 'run.jsonl')
  const runs = ['one', 'two'].map((name) => JSON.stringify(makeConversation(name)))
  writeFileSync(file, `${runs.join('\n')}\n`)
  const lines: string[] = []
  const opened = await openEmbedded({
    dataDirectory: join(folder, 'data'),
    secrets: { maskKey: 'a key for the test', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }),
    clock: Date.now,
    signal: new AbortController().signal,
  })
  const { context } = opened
  const imported = await importPaths(context, [file], () => {})
  const storeId = await openDefaultStore(context, operator)
  const { report } = await dream(context, { storeId, filter: {}, actor: operator }, () => {})
  const findings = await context.database.read((reader) => listFindings(reader, report.dreamId))
  const briefs = writeBriefs(
    findings.map(({ finding }) => finding),
    { taskType: undefined, budget: 2_000, sign: context.hash },
  ).map(renderBrief)
  await opened.close()
  const stored = readAll(join(folder, 'data', 'lucidream.db'))
  seen = [stored, ...lines, JSON.stringify(imported), JSON.stringify(report), ...briefs].join('\n')
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('takes the conversation in', () => {
  expect(secrets.length).toBeGreaterThanOrEqual(50)
  expect(seen).toContain('Done with two.')
  expect(seen).toContain('<secret:')
})

it.each(secrets)('leaves no $kind in the store, the logs and what is shown', ({ secret }) => {
  // As it stands, and as it stands in JSON.
  for (const form of [secret, JSON.stringify(secret).slice(1, -1)])
    expect(seen.includes(form)).toBe(false)
  const body = secret.includes('\n') ? (secret.split('\n')[1] ?? '') : secret.slice(-16)
  expect(seen.includes(body)).toBe(false)
})
