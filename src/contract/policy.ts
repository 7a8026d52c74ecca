import { z } from 'zod'

const verdict = z.enum(['allow', 'review', 'deny'])
const risk = z.enum(['low', 'medium', 'high', 'critical'])

export const reason = z.object({
  rule: z.string().describe('the field of the policy that says so'),
  path: z.string().describe('the memory'),
  value: z.string(),
  limit: z.string(),
  verdict,
  mode: z.enum(['enforce', 'audit']).describe('audit: recorded, not followed'),
})

export const decision = z.object({
  verdict,
  risk,
  reasons: z.array(reason),
  approvals: z.object({
    count: z.number(),
    from: z.array(z.string()),
    reviewers: z.array(z.array(z.string())),
  }),
  policy_version: z.string().nullable(),
})

/** `lucidream policy check --json` */
export const policyCheckDocument = z.object({
  version: z.literal(1),
  kind: z.literal('policy_check'),
  policies: z.array(z.object({ file: z.string(), name: z.string(), stores: z.array(z.string()) })),
  faults: z.array(z.object({ file: z.string(), line: z.number(), message: z.string() })),
})
export type PolicyCheckDocument = z.infer<typeof policyCheckDocument>

/** `lucidream policy init --json` */
export const policyInitDocument = z.object({
  version: z.literal(1),
  kind: z.literal('policy_init'),
  path: z.string(),
})
export type PolicyInitDocument = z.infer<typeof policyInitDocument>

/** `lucidream policy test --json` */
export const policyTestDocument = z.object({
  version: z.literal(1),
  kind: z.literal('policy_test'),
  passed: z.number(),
  failed: z.number(),
  cases: z.array(
    z.object({
      file: z.string(),
      name: z.string(),
      passed: z.boolean(),
      /** What was expected and not found; null where the case passed. */
      missing: z.string().nullable(),
      decision,
    }),
  ),
})
export type PolicyTestDocument = z.infer<typeof policyTestDocument>

/** `lucidream policy explain --json` */
export const policyExplanationDocument = z.object({
  version: z.literal(1),
  kind: z.literal('policy_explanation'),
  change_id: z.string(),
  path: z.string(),
  moment: z.enum(['propose', 'try', 'apply']),
  policies: z.array(z.object({ name: z.string(), version: z.string() })),
  decision,
})
export type PolicyExplanationDocument = z.infer<typeof policyExplanationDocument>

/** `lucidream policy diff --json` */
export const policyDiffDocument = z.object({
  version: z.literal(1),
  kind: z.literal('policy_diff'),
  days: z.number(),
  changes: z.number(),
  differing: z.array(
    z.object({ change_id: z.string(), path: z.string(), current: decision, proposed: decision }),
  ),
})
export type PolicyDiffDocument = z.infer<typeof policyDiffDocument>
