import { Frontier } from '../core/audit/frontier.ts'
import { toHex } from '../core/audit/hex.ts'
import { type Notary, signCheckpoint } from '../core/audit/notary.ts'
import { countAuditRecords } from './audit-records.ts'
import { listLeaves, readFrontier, tileLevels } from './audit-tree.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import type { Database, Reader, Scratch } from './database.ts'

export interface StoredCheckpoint {
  readonly size: number
  /** 64 hex digits. */
  readonly root: string
  /** The signed note. */
  readonly note: string
  readonly createdAt: string
}

const leavesPerPage = 5_000

/** The largest one there is. */
export async function findCheckpoint({ read }: Reader): Promise<StoredCheckpoint | null> {
  const row = await read
    .selectFrom('audit_checkpoints')
    .selectAll()
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? toCheckpoint(row) : null
}

/**
 * A checkpoint over every record that is stored: the newest one where nothing came since, else a new one. Only
 * what came since is hashed. Two processes that do so at once make the same tiles and keep one of the notes.
 */
export async function sealLog(database: Database, notary: Notary): Promise<StoredCheckpoint> {
  const { newest, count, frontier } = await database.read(async (reader) => {
    const found = await findCheckpoint(reader)
    const size = found?.size ?? 0
    return {
      newest: found,
      count: await countAuditRecords(reader),
      frontier: new Frontier(notary.hash, size, await readFrontier(reader, notary.hash, size)),
    }
  })
  if (newest?.size === count) return newest
  const tiles = await grow(database, frontier, count)
  const root = frontier.root
  return database.scratch(async (scratch) => {
    await insertTiles(scratch, tiles)
    await scratch.scratch
      .insertInto('audit_checkpoints')
      .values({
        size: count,
        root: toHex(root),
        note: signCheckpoint(notary, { size: count, root }),
        created_at: scratch.at,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const row = await scratch.read
      .selectFrom('audit_checkpoints')
      .selectAll()
      .where('size', '=', count)
      .executeTakeFirstOrThrow()
    return toCheckpoint(row)
  })
}

type Tile = { readonly level: number; readonly at: number; readonly hash: string }

/** Adds the leaves up to `count`, a page a read; they never change, so no one moment is needed. */
async function grow(database: Database, frontier: Frontier, count: number): Promise<Tile[]> {
  const tiles: Tile[] = []
  while (frontier.size < count) {
    const page = { afterSeq: frontier.size, limit: Math.min(leavesPerPage, count - frontier.size) }
    for (const leaf of await database.read((reader) => listLeaves(reader, page))) {
      frontier.add(Buffer.from(leaf, 'hex'), ({ level, index }, hash) => {
        if (level % tileLevels === 0) tiles.push({ level, at: index, hash: toHex(hash) })
      })
    }
  }
  return tiles
}

async function insertTiles({ scratch }: Scratch, tiles: readonly Tile[]): Promise<void> {
  for (const batch of inBatches(tiles, rowsPerInsert)) {
    await scratch
      .insertInto('audit_tiles')
      .values([...batch])
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

interface CheckpointRow extends Pick<StoredCheckpoint, 'size' | 'root' | 'note'> {
  readonly created_at: string
}

const toCheckpoint = ({ size, root, note, created_at }: CheckpointRow): StoredCheckpoint => ({
  size,
  root,
  note,
  createdAt: created_at,
})
