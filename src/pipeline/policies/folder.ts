import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DomainError } from '../../core/errors.ts'
import { policyFileBytes } from './read.ts'
import type { PolicyText } from './resolve.ts'

const mostFiles = 200

/** Every policy file directly in the folder, by name; links are followed, as mounted folders are made of them. */
export async function readPolicyFolder(directory: string): Promise<PolicyText[]> {
  const names = (await listNames(directory)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort()
  if (names.length > mostFiles) {
    throw new DomainError(
      'limit_exceeded',
      `${directory} holds ${names.length} policy files, at most ${mostFiles} are read; take some away.`,
    )
  }
  return Promise.all(
    names.map(async (file) => ({ file, text: await readText(join(directory, file)) })),
  )
}

/** A file that a person named. */
export async function readPolicyFile(path: string): Promise<PolicyText> {
  try {
    return { file: path, text: await readText(path) }
  } catch (cause) {
    throw new DomainError('not_found', `${path} cannot be read.`, { cause })
  }
}

async function listNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (cause) {
    const message = `The policy folder ${directory} (LUCIDREAM_POLICY_DIR) cannot be read.`
    throw new DomainError('invalid_config', message, { cause })
  }
}

/** Of a larger file only so much is read that the reader refuses it. */
async function readText(path: string): Promise<string> {
  const { size } = await stat(path)
  return size > policyFileBytes ? ' '.repeat(policyFileBytes + 1) : readFile(path, 'utf8')
}
