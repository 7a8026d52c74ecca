import { createHash } from 'node:crypto'
import { inject } from 'vitest'
import { formatEntry } from '../../src/core/audit/entry.ts'
import { formatHead, formatLine } from '../../src/core/audit/log-file.ts'
import type { AuditEntry } from '../../src/core/audit/record.ts'
import { makeNotary } from '../../src/notary.ts'
import { listAuditRecords } from '../../src/storage/audit-records.ts'
import { readFrontier } from '../../src/storage/audit-tree.ts'
import type { Database } from '../../src/storage/database.ts'
import { subject as postgres } from '../../src/storage/postgres/_place.ts'
import { createEmptyPlace, createPlace, dropPlace } from '../../src/storage/postgres/_server.ts'
import { subject as sqlite } from '../../src/storage/sqlite/_place.ts'

export const hash = (text: string) => createHash('sha256').update(text).digest('hex')
export const notary = makeNotary({ seed: hash('a key for tests'), origin: 'example.com/audit' })
export const clerk = { type: 'user', id: 'clerk' } as const

/** An open database, and how to make a place for it; Postgres only where one answers. */
export interface Place {
  readonly name: string
  readonly create: () => Promise<string>
  /** Where no table stands yet. */
  readonly createEmpty: () => Promise<string>
  readonly remove: (place: string) => Promise<void>
  readonly open: (place: string) => Promise<Database>
}

const server = inject('postgresUrl')
const clock = () => Date.parse('2026-11-25T08:00:00Z')

export const places: readonly Place[] = [
  {
    name: 'SQLite',
    create: sqlite.createPlace,
    createEmpty: sqlite.createEmptyPlace,
    remove: sqlite.removePlace,
    open: (place) => sqlite.open(place, { clock }),
  },
  ...(server === null
    ? []
    : [
        {
          name: 'Postgres',
          create: () => createPlace(server),
          createEmpty: () => createEmptyPlace(server),
          remove: (place: string) => dropPlace(server, place),
          open: (place: string) => postgres.open(place, { clock }),
        },
      ]),
]

export async function inPlace<T>(
  { create, remove, open }: Place,
  use: (database: Database, place: string) => Promise<T>,
): Promise<T> {
  const place = await create()
  const database = await open(place)
  try {
    return await use(database, place)
  } finally {
    await database.close()
    await remove(place)
  }
}

export const makeEntry = (index: number): AuditEntry => ({
  action: index % 3 === 0 ? 'memory.updated' : 'session.imported',
  objectType: index % 3 === 0 ? 'memory' : 'session',
  objectId: `object ${index % 7} "ä" \u2028`,
  beforeHash: index % 2 === 0 ? hash(`before ${index}`) : null,
  afterHash: hash(`after ${index}`),
  reason: index % 5 === 0 ? `because of ${index}` : null,
})

export function append(database: Database, from: number, count: number): Promise<void> {
  return database.write(clerk, async (writer) => {
    for (let index = from; index < from + count; index += 1) await writer.audit(makeEntry(index))
  })
}

/** As `lucidream audit export` writes it; the tree must have been sealed where `from` is not 1. */
export function exportText(database: Database, from = 1): Promise<string> {
  return database.read(async (reader) => {
    const before = await readFrontier(reader, notary.hash, from - 1)
    const records = await listAuditRecords(reader, { afterSeq: from - 1, limit: 100_000 })
    const lines = records.map((record) => formatLine(formatEntry(record), record.leaf))
    const head = formatHead({ origin: notary.origin, from, before })
    return [head, ...lines].map((line) => `${line}\n`).join('')
  })
}
