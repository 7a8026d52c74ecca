import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { DomainError } from '../core/errors.ts'

export type FoundFile =
  | { readonly path: string; readonly bytes: number }
  | { readonly path: string; readonly error: DomainError }

/**
 * Files at and under `paths`, in code-unit order, each once. A link that leads out of the path it was found
 * under is reported and not followed; the folders of version control and packages are not entered.
 */
export async function listFiles(paths: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>()
  for (const path of paths) {
    for (const file of await listUnder(path)) found.set(file.path, file)
  }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

const neverEntered = new Set(['.git', 'node_modules'])

async function listUnder(path: string): Promise<FoundFile[]> {
  try {
    const given = await stat(path)
    if (!given.isDirectory()) return [await describe(path)]
    return await listFolder(path, await realpath(path))
  } catch (cause) {
    return [{ path, error: translate(path, cause) }]
  }
}

async function listFolder(folder: string, root: string): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (neverEntered.has(entry.name)) continue
      const inside = await listFolder(path, root).catch((cause: unknown) => [
        { path, error: translate(path, cause) },
      ])
      found.push(...inside)
    } else if (entry.isSymbolicLink()) {
      const target = await realpath(path).catch(() => null)
      // Inside, the target is found at its own place.
      if (target?.startsWith(root + sep)) continue
      const message = `${path} is a link that leads out of the folder; import its target by its own path.`
      found.push({ path, error: new DomainError('path_outside', message) })
    } else found.push(await describe(path))
  }
  return found
}

async function describe(path: string): Promise<FoundFile> {
  const { size } = await lstat(path)
  return { path, bytes: size }
}

function translate(path: string, cause: unknown): DomainError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : ''
  if (code === 'ENOENT') return new DomainError('not_found', `${path} does not exist.`, { cause })
  if (code === 'EACCES' || code === 'EPERM') {
    return new DomainError('permission_denied', `${path} may not be read.`, { cause })
  }
  return new DomainError('not_found', `${path} cannot be read: ${String(cause)}.`, { cause })
}
