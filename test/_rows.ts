import { readFileSync } from 'node:fs'
import { inflateRawSync, inflateSync } from 'node:zlib'
import type { Database } from '../src/storage/database.ts'
import type { Tables } from '../src/storage/tables.ts'

/** Every table of ours; the full-text index holds no text that could be read back. */
const tables = [
  ...new Set(
    [
      ...readFileSync('generated/schema.sqlite.sql', 'utf8').matchAll(
        /CREATE (?:VIRTUAL )?TABLE ['"]?(\w+)/g,
      ),
    ].flatMap(([, name = '']) => (name.startsWith('search_index') ? [] : [name])),
  ),
]

/** Tables in which one of the words stands, each with the first row that has it; compressed columns are read too. */
export async function findWords(
  database: Database,
  words: readonly string[],
): Promise<{ readonly table: string; readonly word: string; readonly row: string }[]> {
  return database.read(async (reader) => {
    const found = []
    for (const table of tables) {
      const rows = await reader.read
        .selectFrom(table as keyof Tables)
        .selectAll()
        .execute()
      const texts = rows.map((row) =>
        Object.values(row as object)
          .map(readValue)
          .join('\n')
          .toLowerCase(),
      )
      for (const word of words) {
        const row = texts.find((text) => text.includes(word))
        if (row !== undefined) found.push({ table, word, row: row.slice(0, 2_000) })
      }
    }
    return found
  })
}

function readValue(value: unknown): string {
  if (!(value instanceof Uint8Array)) return String(value)
  for (const inflate of [inflateRawSync, inflateSync]) {
    try {
      return inflate(value).toString('utf8')
    } catch {
      // Not that way.
    }
  }
  return Buffer.from(value).toString('latin1')
}
