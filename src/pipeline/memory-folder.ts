import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { DomainError } from '../core/errors.ts'
import type { Hash } from '../core/ids.ts'
import { findContentFault, type MemoryDocument, memoryLimits } from '../core/memory.ts'
import { findPathFault } from '../core/memory-path.ts'

/** A folder of Markdown as a dream reads it. `leftOut` names every file that was not read, and why. */
export interface MemoryFolder {
  readonly root: string
  readonly documents: readonly MemoryDocument[]
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[]
}

const markdown = /\.(md|markdown|mdc)$/i
const neverEntered = new Set(['.git', 'node_modules', '.lucidream'])

/**
 * Reads Markdown files under `path` (a folder, or one file) in code-unit order. Never follows a link out of
 * the folder, never reads more than a memory may hold, and never writes.
 */
export async function readMemoryFolder(path: string, hash: Hash): Promise<MemoryFolder> {
  const given = await stat(path).catch((cause: unknown) => {
    throw new DomainError('not_found', `Memory folder ${path} cannot be read: ${reasonOf(cause)}`, {
      cause,
    })
  })
  const root = await realpath(given.isDirectory() ? path : dirname(path))
  const names = given.isDirectory()
    ? await listMarkdown(root)
    : { files: [basename(path)], leftOut: [] }
  const documents: MemoryDocument[] = []
  const seen = new Set<string>()
  const leftOut = [...names.leftOut]
  for (const name of names.files) {
    const read = await readDocument(root, name, hash)
    if ('reason' in read) leftOut.push(read)
    else if (seen.has(read.path)) {
      leftOut.push({
        path: name,
        reason: 'another file has the same name, spelt in other code points',
      })
    } else {
      seen.add(read.path)
      documents.push(read)
    }
  }
  // A single file is a store of its own, not one with its neighbours deleted.
  const own = given.isDirectory() ? root : join(root, basename(path))
  return { root: own, documents, leftOut: leftOut.toSorted(byPath) }
}

async function listMarkdown(root: string) {
  const files: string[] = []
  const leftOut: { path: string; reason: string }[] = []
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const name = relative(root, join(entry.parentPath, entry.name))
    if (name.split(sep).some((part) => neverEntered.has(part))) continue
    if (entry.isSymbolicLink()) {
      const target = await realpath(join(root, name)).catch(() => null)
      const inside = target?.startsWith(root + sep) ?? false
      if (inside)
        leftOut.push({ path: name, reason: 'a link; its target is read at its own place' })
      else leftOut.push({ path: name, reason: 'a link that leads out of the folder' })
    } else if (entry.isFile()) {
      if (markdown.test(name)) files.push(name)
      else leftOut.push({ path: name, reason: 'not Markdown (.md, .markdown, .mdc)' })
    }
  }
  return { files: files.toSorted(), leftOut }
}

async function readDocument(root: string, name: string, hash: Hash) {
  const refuse = (reason: string) => ({ path: name, reason })
  const path = `/${name.split(sep).join('/')}`.normalize('NFC')
  const pathFault = findPathFault(path)
  if (pathFault !== null) return refuse(pathFault)
  try {
    const size = (await lstat(join(root, name))).size
    if (size > memoryLimits.contentBytes) {
      return refuse(`${size} bytes; a memory holds at most ${memoryLimits.contentBytes}: split it`)
    }
    const content = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      await readFile(join(root, name)),
    )
    const fault = findContentFault(content)
    if (fault !== null) return refuse(fault)
    return { path, content, contentSha256: hash(content) }
  } catch (cause) {
    return refuse(cause instanceof TypeError ? 'not valid UTF-8' : reasonOf(cause))
  }
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }) =>
  a.path < b.path ? -1 : 1

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it'
  if (code === 'ENOENT') return 'it does not exist'
  return cause instanceof Error ? cause.message : String(cause)
}
