import { cutIntoSubtrees, joinSubtrees, type Subtree } from '../core/audit/frontier.ts'
import { fromHex } from '../core/audit/hex.ts'
import { type HashBytes, hashTree, planConsistency, planInclusion } from '../core/audit/merkle.ts'
import type { Reader } from './database.ts'

/** Of the tree's levels, those are stored that are a multiple of this one. */
export const tileLevels = 8

/** The root over the first `size` records. Needs the tiles of them: a checkpoint at least as large. */
export function readRoot(reader: Reader, hash: HashBytes, size: number): Promise<Uint8Array> {
  return readRange(reader, hash, cutIntoSubtrees([0, size]))
}

/** Hashes of the full subtrees that the first `size` records make up, largest first. */
export async function readFrontier(
  reader: Reader,
  hash: HashBytes,
  size: number,
): Promise<Uint8Array[]> {
  return readSubtrees(reader, hash, cutIntoSubtrees([0, size]))
}

export async function readInclusionProof(
  reader: Reader,
  hash: HashBytes,
  { seq, size }: { readonly seq: number; readonly size: number },
): Promise<Uint8Array[]> {
  const proof: Uint8Array[] = []
  for (const range of planInclusion(seq - 1, size))
    proof.push(await readRange(reader, hash, cutIntoSubtrees(range)))
  return proof
}

export async function readConsistencyProof(
  reader: Reader,
  hash: HashBytes,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Uint8Array[]> {
  const proof: Uint8Array[] = []
  for (const range of planConsistency(from, to))
    proof.push(await readRange(reader, hash, cutIntoSubtrees(range)))
  return proof
}

async function readRange(reader: Reader, hash: HashBytes, subtrees: readonly Subtree[]) {
  return joinSubtrees(hash, await readSubtrees(reader, hash, subtrees))
}

async function readSubtrees(reader: Reader, hash: HashBytes, subtrees: readonly Subtree[]) {
  const hashes: Uint8Array[] = []
  for (const subtree of subtrees) hashes.push(await readSubtree(reader, hash, subtree))
  return hashes
}

/** From at most 128 stored hashes, up to 2^24 records: those of the nearest stored level below. */
async function readSubtree(
  reader: Reader,
  hash: HashBytes,
  { level, index }: Subtree,
): Promise<Uint8Array> {
  const stored = Math.min(Math.floor(level / tileLevels) * tileLevels, highestTile)
  const count = 2 ** (level - stored)
  const from = index * count
  const texts = await (stored === 0
    ? listLeaves(reader, { afterSeq: from, limit: count })
    : listTiles(reader, stored, [from, from + count]))
  if (texts.length !== count)
    throw new Error(`The audit log has ${texts.length} of ${count} hashes at level ${stored}.`)
  return hashTree(hash, texts.map(fromHex))
}

/** 2^48 records. */
const highestTile = 48

/** In the order of the log, 64 hex digits each. */
export async function listLeaves(
  { read }: Reader,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): Promise<string[]> {
  const rows = await read
    .selectFrom('audit_records')
    .select('leaf')
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map(({ leaf }, at) => {
    if (leaf === null) throw new Error(`Audit record ${afterSeq + at + 1} has no leaf.`)
    return leaf
  })
}

async function listTiles(
  { read }: Reader,
  level: number,
  [from, to]: readonly [from: number, to: number],
): Promise<string[]> {
  const rows = await read
    .selectFrom('audit_tiles')
    .select('hash')
    .where('level', '=', level)
    .where('at', '>=', from)
    .where('at', '<', to)
    .orderBy('at')
    .execute()
  return rows.map(({ hash }) => hash)
}
