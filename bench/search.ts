import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { openEmbedded, serve } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { type MemoryStoreId, makeId } from '../src/core/ids.ts'
import { insertApiKey } from '../src/storage/api-keys.ts'
import type { Writer } from '../src/storage/database.ts'
import { insertMemory } from '../src/storage/memories.ts'
import { insertMemoryStore } from '../src/storage/memory-stores.ts'
import { makeApiKey } from '../src/storage/new-api-key.ts'
import { inFolder } from './_measure.ts'
import { keepResults, type Row } from './_results.ts'
import { seeded } from './_sessions.ts'

const notes = 50_000
const notesPerStore = 2_000
const wordsPerNote = 60
const vocabulary = 20_000
const queries = 400
const operator = { type: 'user', id: 'bench' } as const

/** Search over HTTP in 50 000 notes, against FTS5 asked directly for the same words in the same run. */
export async function benchSearch(): Promise<void> {
  await inFolder(async (folder) => {
    const random = seeded(1)
    const words = makeWords(random)
    const pick = () => words[Math.floor(words.length * random() ** 3)] as string
    const makeNote = () => Array.from({ length: wordsPerNote }, pick).join(' ')
    const texts = Array.from({ length: notes }, makeNote)
    const stopping = new AbortController()
    const opened = await openEmbedded({
      dataDirectory: join(folder, 'data'),
      secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
      log: pino({ level: 'silent' }),
      clock: Date.now,
      signal: stopping.signal,
    })
    const { context } = opened
    const began = performance.now()
    const stores = await store(context.database, texts)
    const written = (performance.now() - began) / 1_000
    const { key, row } = makeApiKey(context, { name: 'bench', scopes: ['admin'], expiresAt: null })
    await context.database.write(operator, async (writer) => {
      await insertApiKey(writer, row)
      await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
    })
    const config = { ...readConfig({}).config.server, readsPerMinute: 0, writesPerMinute: 0 }
    const server = await serve(opened, { port: 0 }, { config, version: 'bench' })
    const asked = Array.from({ length: queries }, pick)
    const ask = async (query: string) => {
      const response = await fetch(`${server.url}/lucid/v1/search?${query}`, {
        headers: { 'x-api-key': key },
      })
      if (response.status !== 200) throw new Error(await response.text())
      await response.arrayBuffer()
    }
    const bare = openBare(join(folder, 'bare.db'), texts)
    const rows: Row[] = []
    const q = 'q='
    for (const word of asked.slice(0, 50)) await ask(q + word)
    const measured = {
      'one word': (word: string) => ask(q + word),
      'one word, in one store': (word: string) => ask(`${q}${word}&memory_store_id=${stores[0]}`),
      'two words': (word: string) => ask(`${q}${word}+${pick()}`),
      'a phrase': (word: string) => ask(`${q}%22${word}+${pick()}%22`),
      'a beginning': (word: string) => ask(`${q}${word.slice(0, 4)}*`),
      'part of a word': (word: string) => ask(q + word.slice(2)),
      'bare FTS5, one word, newest 100': async (word: string) => bare.newest(word),
      'bare FTS5, one word, by bm25': async (word: string) => bare.ranked(word),
    }
    for (const [name, run] of Object.entries(measured)) {
      const times = await time(asked, run)
      const p99 = quantile(times, 0.99)
      const ours = !name.startsWith('bare')
      rows.push({
        metric: `${name}, p99 ms`,
        value: p99,
        n: queries,
        goal: ours ? '≤ 10' : null,
        reached: ours ? p99 <= 10 : null,
        note: `median ${quantile(times, 0.5).toFixed(2)} ms`,
      })
    }
    rows.push({
      metric: 'notes written and indexed a second',
      value: Math.round(notes / written),
      goal: null,
      reached: null,
    })
    keepResults('search', rows)
    stopping.abort()
    await server.stop(1_000)
    bare.close()
    await opened.close()
  })
}

async function store(
  database: Parameters<typeof serve>[0]['context']['database'],
  texts: readonly string[],
): Promise<MemoryStoreId[]> {
  const ids: MemoryStoreId[] = []
  for (let from = 0; from < texts.length; from += notesPerStore) {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const id = makeId('memstore', hash, ['bench', String(from)])
    ids.push(id)
    await database.write(operator, async (writer: Writer) => {
      await insertMemoryStore(writer, { id, name: 'bench', description: '', metadata: {} })
      for (const [index, content] of texts.slice(from, from + notesPerStore).entries()) {
        await insertMemory(writer, { storeId: id, path: `/${index}.md`, content })
      }
      await writer.audit({ action: 'memory_store.created', objectType: 'store', objectId: id })
    })
  }
  return ids
}

function openBare(path: string, texts: readonly string[]) {
  const database = new DatabaseSync(path)
  database.exec("CREATE VIRTUAL TABLE notes USING fts5(text, tokenize = 'unicode61')")
  database.exec('BEGIN')
  const insert = database.prepare('INSERT INTO notes (rowid, text) VALUES (?, ?)')
  for (const [index, text] of texts.entries()) insert.run(index + 1, text)
  database.exec('COMMIT')
  const newest = database.prepare(
    'SELECT rowid, text FROM notes WHERE notes MATCH ? ORDER BY rowid DESC LIMIT 100',
  )
  const ranked = database.prepare(
    'SELECT rowid, text FROM notes WHERE notes MATCH ? ORDER BY rank LIMIT 20',
  )
  return {
    newest: (word: string) => newest.all(`"${word}"`),
    ranked: (word: string) => ranked.all(`"${word}"`),
    close: () => database.close(),
  }
}

/** Of two to five syllables. */
function makeWords(random: () => number): string[] {
  const letter = (of: string) => of[Math.floor(random() * of.length)] as string
  const syllable = () => letter('bcdfghklmnprstvw') + letter('aeiou') + letter('lnrst')
  const word = () => Array.from({ length: 2 + Math.floor(random() * 3) }, syllable).join('')
  return Array.from({ length: vocabulary }, word)
}

async function time(asked: readonly string[], run: (word: string) => Promise<unknown>) {
  const times: number[] = []
  for (const word of asked) {
    const began = performance.now()
    await run(word)
    times.push(performance.now() - began)
  }
  return times
}

const quantile = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
