import { z } from 'zod'
import { policyFile } from './schema.ts'

/** The schema of a policy file for editors: what they mark red, the server refuses. */
export function renderPolicySchema(): string {
  const schema = z.toJSONSchema(policyFile, { io: 'input', target: 'draft-2020-12' })
  return `${JSON.stringify({ title: 'Lucidream policy', ...schema }, null, 2)}\n`
}
