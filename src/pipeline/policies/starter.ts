import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DomainError } from '../../core/errors.ts'
import type { Context } from '../context.ts'
import { refreshPolicies } from './refresh.ts'

const source = new URL('../../../data/policies/starter.yaml', import.meta.url)
const file = 'starter.yaml'

/** Writes the starter policy into the policy folder, reads it, and answers with its path; never over a file. */
export async function installStarterPolicy(context: Context): Promise<string> {
  const { policyDirectory: folder } = context
  if (folder === null) {
    throw new DomainError('invalid_config', 'There is no policy folder: set LUCIDREAM_POLICY_DIR.')
  }
  const path = join(folder, file)
  const text = await readFile(source, 'utf8')
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(path, text, { flag: 'wx' })
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    throw new DomainError(
      isThere ? 'conflict' : 'permission_denied',
      isThere
        ? `${path} is there already and stays as it is.`
        : `${path} cannot be written: ${cause instanceof Error ? cause.message : cause}. Put a policy there by hand; data/policies/starter.yaml is the starter.`,
      { cause },
    )
  }
  await refreshPolicies(context)
  return path
}
