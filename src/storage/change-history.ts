import { editsBetween } from '../core/change/edits-between.ts'
import { type OwnedEdit, TextHistory } from '../core/change/text-history.ts'
import { DomainError } from '../core/errors.ts'
import type { ChangeId, MemoryId } from '../core/ids.ts'
import { type ChangeWrite, listWritesOfMemory, listWritesOfPath } from './change-writes.ts'
import type { Reader } from './database.ts'
import { findMemory } from './memories.ts'
import { listMemoryVersions, type MemoryVersion } from './memory-versions.ts'
import type { StoredMemory } from './stored-memory.ts'

/** What became of a memory since a change was written into it. */
export interface ChangeHistory {
  readonly text: TextHistory
  /** Null: it does not exist now, because what review wrote was taken back. */
  readonly head: StoredMemory | null
  /** Whether it existed before that. */
  readonly existedBefore: boolean
  /** What others than reviews wrote, by the id under which the history has them. */
  readonly foreign: ReadonlyMap<string, MemoryVersion>
}

/**
 * Replays every version since the first write of any of `owners` into the path. Refuses where the memory went by
 * somebody else's hand, and where a version was redacted, because then nobody knows what was written into it.
 */
export async function readHistory(
  reader: Reader,
  first: ChangeWrite,
  owners: ReadonlySet<ChangeId>,
): Promise<ChangeHistory> {
  const foreign = new Map<string, MemoryVersion>()
  const chain = await listChain(reader, first)
  const text = new TextHistory(await readStart(reader, first))
  let gone: MemoryVersion | null = null
  for (const { versions, writes } of chain) {
    for (const version of versions) {
      const write = writes.find((one) => isWriteOf(one, version))
      if (write) replay(text, write)
      else if (version.operation === 'deleted') gone = version
      else {
        foreign.set(version.id, version)
        const edits = editsBetween(text.text, contentOf(version))
        text.write(edits.map((edit) => ({ ...edit, owner: version.id })))
      }
      if (write && version.operation !== 'deleted') refuseOther(text, version)
    }
  }
  if (gone) throw deletedBy(first, gone, owners)
  const last = chain.at(-1)?.memoryId ?? first.memoryId
  const head = await findMemory(reader, last)
  return { text, head, existedBefore: first.versionBefore !== null, foreign }
}

interface Link {
  readonly memoryId: MemoryId
  readonly versions: readonly MemoryVersion[]
  readonly writes: readonly ChangeWrite[]
}

/** A memory that a roll back took away and a restore made again goes on under another id. */
async function listChain(reader: Reader, first: ChangeWrite): Promise<Link[]> {
  const here = await listWritesOfPath(reader, first)
  const restored = here.filter(
    ({ kind, versionBefore, ordinal }) =>
      kind === 'restore' && versionBefore === null && ordinal > first.ordinal,
  )
  const links: Link[] = []
  for (const memoryId of [first.memoryId, ...restored.map((one) => one.memoryId)]) {
    const versions = await listMemoryVersions(reader, memoryId)
    const from = versions.findIndex(({ id }) => id === first.versionBefore) + 1
    const writes = await listWritesOfMemory(reader, memoryId)
    links.push({ memoryId, versions: versions.slice(from), writes })
  }
  return links
}

async function readStart(
  reader: Reader,
  { memoryId, versionBefore }: ChangeWrite,
): Promise<string> {
  if (versionBefore === null) return ''
  const versions = await listMemoryVersions(reader, memoryId)
  const found = versions.find(({ id }) => id === versionBefore)
  if (!found) throw new DomainError('conflict', `Memory version ${versionBefore} is gone.`)
  return contentOf(found)
}

const isWriteOf = (write: ChangeWrite, { id, operation }: MemoryVersion) =>
  operation === 'deleted' ? write.versionAfter === null : write.versionAfter === id

function replay(text: TextHistory, { kind, parts }: ChangeWrite): void {
  const owners = parts.map(({ owner }) => owner)
  if (kind === 'roll_back') text.hide(owners)
  else if (kind === 'restore') text.show(owners)
  else text.write(inTextOrder(parts))
}

/** As they stood in the write: insertions at one place in the order of its parts, before a replacement. */
const inTextOrder = (parts: ChangeWrite['parts']): OwnedEdit[] =>
  parts
    .flatMap(({ owner, edits }) => edits.map((edit) => ({ ...edit, owner })))
    .toSorted((a, b) => a.start - b.start || Number(a.before !== '') - Number(b.before !== ''))

function contentOf({ id, content }: MemoryVersion): string {
  if (content !== null) return content
  throw new DomainError(
    'conflict',
    `Memory version ${id} was redacted, so what was written into it cannot be told apart any more. Edit the memory itself.`,
  )
}

function refuseOther({ text }: TextHistory, version: MemoryVersion): void {
  if (text === contentOf(version)) return
  throw new Error(`the record of memory version ${version.id} does not give its text`)
}

function deletedBy(
  { path }: ChangeWrite,
  { actor, createdAt }: MemoryVersion,
  owners: ReadonlySet<ChangeId>,
): DomainError {
  const names = [...owners].join(', ')
  return new DomainError(
    'conflict',
    `${path} was deleted by ${actor.type} ${actor.id} at ${createdAt}: nothing of ${names} stands there that could be rolled back.`,
  )
}
