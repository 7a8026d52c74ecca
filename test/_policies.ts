import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../src/pipeline/context.ts'
import { refreshPolicies } from '../src/pipeline/policies/refresh.ts'
import { openSpec, setField } from './policy/_gates.ts'

/**
 * Puts a policy into force: the one that lets everything through by itself, with these fields said differently.
 * Each name is one file; the same name again takes its place.
 */
export async function putPolicy(
  context: Context,
  states: Readonly<Record<string, unknown>> = {},
  name = 'open',
): Promise<void> {
  const spec = structuredClone(openSpec) as Record<string, unknown>
  setField(spec, ['appliesTo'], { stores: ['**'] })
  for (const [field, value] of Object.entries(states)) setField(spec, field.split('.'), value)
  const folder = context.policyDirectory ?? ''
  mkdirSync(folder, { recursive: true })
  const metadata = { name, owners: ['role:admin'] }
  const policy = { apiVersion: 'lucidream/v1', kind: 'Policy', metadata, spec }
  writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(policy))
  await refreshPolicies(context)
}
