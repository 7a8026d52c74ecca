import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { DomainError } from '../core/errors.ts'
import type { DreamId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'

export interface Proposal {
  readonly dreamId: DreamId
  readonly before: readonly MemoryDocument[]
  readonly after: readonly MemoryDocument[]
}

/**
 * Writes what a dream proposes to `<out>/<dream id>/`: `changes.patch`, which `git apply` or `patch -p1`
 * take inside the memory folder, and `memory/`, the documents as they would be. The folder appears whole
 * or not at all; one that is there already is replaced. Refuses to write inside the memory folder itself.
 */
export async function writeProposal(out: string, proposal: Proposal): Promise<string> {
  const target = join(resolve(out), proposal.dreamId)
  const partial = join(resolve(out), `.${proposal.dreamId}.partial`)
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  await writeFile(join(partial, 'changes.patch'), renderPatch(proposal))
  for (const { path, content } of proposal.after) {
    const file = join(partial, 'memory', ...path.split('/'))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  await rm(target, { recursive: true, force: true })
  await rename(partial, target)
  return target
}

export function refuseInside(out: string, memoryRoot: string): void {
  const folder = resolve(out)
  if (folder === memoryRoot || folder.startsWith(memoryRoot + sep)) {
    throw new DomainError(
      'path_outside',
      `--out ${out} lies inside the memory folder, which a dream never writes to; choose a folder beside it.`,
    )
  }
}

/** Unified diff of every document that differs, in path order; empty when nothing does. */
export function renderPatch({ before, after }: Pick<Proposal, 'before' | 'after'>): string {
  const old = new Map(before.map((document) => [document.path, document.content]))
  const now = new Map(after.map((document) => [document.path, document.content]))
  const paths = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return paths
    .filter((path) => old.get(path) !== now.get(path))
    .map((path) => {
      const from = old.has(path) ? `a${path}` : '/dev/null'
      const to = now.has(path) ? `b${path}` : '/dev/null'
      const patch = createTwoFilesPatch(from, to, old.get(path) ?? '', now.get(path) ?? '')
      return patch.slice(patch.indexOf('--- '))
    })
    .join('')
}
