import { z } from 'zod'
import { findGlobFault } from '../../core/policy/glob.ts'
import { reviewVerbs } from '../../core/policy/policy.ts'
import { personalKinds } from '../../core/trust/personal-data.ts'
import {
  actor,
  count,
  duration,
  layer,
  orNone,
  percent,
  share,
  size,
  usd,
  word,
  words,
} from './field-schemas.ts'
import { rollout } from './rollout-schema.ts'

/**
 * A policy file as it is written. Nothing has a default here: what a file leaves out comes from the policies it
 * extends, and in the end from core/policy/defaults.ts. Unknown keys are errors.
 */

const glob = word.superRefine((pattern, refinement) => {
  const fault = findGlobFault(pattern)
  if (fault !== null) refinement.addIssue({ code: 'custom', message: `no pattern: ${fault}` })
})
const pathGlob = glob.refine(
  (pattern) => pattern.startsWith('/') || pattern.startsWith('**/'),
  'a pattern of paths begins with "/" or "**/"',
)
const risk = z.enum(['low', 'medium', 'high', 'critical'])
const operation = z.enum(['create', 'update', 'merge', 'rename', 'delete'])
const origin = z.enum([
  'operator',
  'signed_system',
  'first_party_tool',
  'user',
  'agent',
  'untrusted',
])
const onMatch = z.enum(['block', 'quarantine'])
const labels = z
  .record(word, word)
  .transform((pairs) => Object.entries(pairs).map(([name, value]) => ({ name, value })))
const operations = z.array(z.union([operation, z.literal('*')])).min(1)
const date = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/, 'a day such as 2026-12-20')
  .refine((text) => Number.isFinite(Date.parse(text)), 'no such day')
const clockTime = z.string().regex(/^(?:[01]\d|2[0-4]):[0-5]\d$/, 'a time such as "09:00"')
const timezone = word.refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null
  } catch {
    return false
  }
}, 'no IANA time zone, e.g. Europe/Berlin')

const inputs = z.strictObject({
  sessions: z
    .strictObject({
      harnesses: orNone(words).describe('formats of sessions that may be read'),
      includeLabels: labels,
      excludeLabels: labels,
      minUserTurns: count,
      maxAge: orNone(duration),
      maxPerDream: orNone(count),
    })
    .partial(),
  outcomes: z.strictObject({ kinds: orNone(words), requireSigned: z.boolean() }).partial(),
})

const allowRule = z
  .strictObject({
    paths: z.array(pathGlob).min(1).max(200),
    operations,
    reviewers: z.array(actor.refine((name) => name !== 'owners', 'name them')).optional(),
    risk: risk.optional(),
  })
  .transform((rule) => ({ ...rule, reviewers: rule.reviewers ?? [], risk: rule.risk ?? null }))
const denyRule = z
  .strictObject({
    paths: z.array(pathGlob).min(1).max(200),
    operations,
    reason: word.optional(),
  })
  .transform((rule) => ({ ...rule, reason: rule.reason ?? 'denied by policy' }))
const scope = z.strictObject({
  default: z.enum(['allow', 'deny']),
  allow: layer(allowRule).describe('the last match decides'),
  deny: z.array(denyRule).max(500).describe('wins over every allow'),
  protectedText: z.array(word).max(50),
})

const budgets = z.strictObject({
  perDream: z
    .strictObject({
      changes: orNone(count),
      files: orNone(count),
      addedBytes: orNone(size),
      removedBytes: orNone(size),
      modelTokens: orNone(count),
      costUsd: orNone(usd),
      wallClock: orNone(duration),
    })
    .partial(),
  perWindow: z
    .strictObject({
      window: duration,
      dreams: orNone(count),
      changes: orNone(count),
      costUsd: orNone(usd),
    })
    .partial(),
  perFile: z
    .strictObject({
      maxBytes: orNone(size),
      maxLines: orNone(count),
      maxChangedPercent: orNone(percent),
    })
    .partial(),
  perStore: z
    .strictObject({
      maxFiles: orNone(count),
      maxBytes: orNone(size),
      maxGrowthPercent: orNone(percent),
      growthWindow: duration,
    })
    .partial(),
  alwaysLoaded: z
    .strictObject({
      files: z.array(pathGlob).max(100),
      maxLines: orNone(count),
      maxBytes: orNone(size),
      maxTokens: orNone(count),
    })
    .partial(),
  openProposals: z.strictObject({ max: orNone(count), onExceed: z.literal('queue') }).partial(),
  concurrentExperiments: orNone(count),
})

const minimum = z
  .strictObject({
    sessions: count,
    actors: count,
    days: count,
    outcomes: count,
    contradictingSessions: count,
  })
  .partial()

const evidence = z.strictObject({
  citations: z
    .strictObject({
      required: z.boolean(),
      verifyQuotes: z.enum(['exact', 'none']),
      minPerClaim: count,
      mustResolve: z.boolean(),
    })
    .partial(),
  minimums: z
    .strictObject({
      create: minimum,
      update: minimum,
      merge: minimum,
      rename: minimum,
      delete: minimum,
      explicitInstruction: z.strictObject({ sessions: count, trust: origin }).partial(),
    })
    .partial(),
  contrast: z.strictObject({ minOutcomeGap: share, minConfidence: share }).partial(),
  counterEvidence: z
    .strictObject({
      search: z.enum(['required', 'optional']),
      maxShare: share,
      showInReview: z.literal(true, 'true: what speaks against it is always shown'),
    })
    .partial(),
  trust: z
    .strictObject({
      minimum: origin,
      maxShareFromOneActor: share,
      externalMayNotBeSole: z.boolean(),
    })
    .partial(),
  freshness: z.strictObject({ maxAge: orNone(duration) }).partial(),
})

const host = z
  .string()
  .max(255)
  .regex(/^(?:\*|(?:\*\.)?[a-z0-9.-]+)$/i, 'a host such as github.com, *.example.com, or "*"')

const content = z.strictObject({
  secrets: z.strictObject({ scan: z.boolean(), onMatch }).partial(),
  pii: z.strictObject({ detect: z.array(z.enum(personalKinds)), onMatch }).partial(),
  injection: z.strictObject({ scan: z.boolean(), onMatch }).partial(),
  unicode: z
    .strictObject({ forbid: z.array(z.enum(['bidi', 'zero-width', 'tag-characters'])), onMatch })
    .partial(),
  links: z.strictObject({ allowHosts: z.array(host).max(500), onOther: onMatch }).partial(),
  commands: z.strictObject({ forbid: words, onMatch }).partial(),
  patterns: z
    .array(
      z
        .strictObject({
          id: word,
          re2: z.string().min(1).max(1_000),
          onMatch: onMatch.optional(),
          message: word.optional(),
        })
        .transform((one) => ({
          ...one,
          onMatch: one.onMatch ?? ('block' as const),
          message: one.message ?? `no match of ${one.id}`,
        })),
    )
    .max(200),
  format: z
    .strictObject({
      type: z.enum(['markdown', 'any']),
      html: z.boolean(),
      frontmatter: words,
      maxHeadingDepth: z.number().int().min(0).max(6),
    })
    .partial(),
})

const riskRule = z
  .strictObject({
    id: word,
    when: z
      .strictObject({
        operations: z.array(operation).min(1).optional(),
        touches: z.literal('alwaysLoaded').optional(),
        changedPercentAbove: percent.optional(),
        cel: z.string().min(1).max(1_000).optional(),
      })
      .transform((when) => ({
        operations: when.operations ?? null,
        touches: when.touches ?? null,
        changedPercentAbove: when.changedPercentAbove ?? null,
        cel: when.cel ?? null,
      })),
    level: risk,
  })
  .describe('all conditions of `when` have to hold')

const approval = z
  .strictObject({
    mode: z.enum(['auto', 'required', 'block']),
    count: z.number().int().min(1).max(20),
    from: z.array(actor).max(100),
    delay: duration,
    auditSample: z
      .number()
      .min(0)
      .max(100)
      .describe('percent of what goes by itself that waits for a person'),
  })
  .partial()

const approvals = z.strictObject({
  low: approval,
  medium: approval,
  high: approval,
  critical: approval,
  rules: z
    .strictObject({
      dismissStaleOnEdit: z.literal(true, 'true: an approval of other bytes never counts'),
      requesterMayNotApprove: z.literal(true, 'true: whoever proposes never approves'),
      perHunk: z.literal(true, 'true: every change is approved by itself'),
      editorMayApprove: z
        .boolean()
        .describe('whoever worded it last may approve it, where one approval is wanted'),
      requireReason: z.array(z.enum(reviewVerbs)),
      expireAfter: duration.refine((ms) => ms <= 14 * 86_400_000, 'at most 14d'),
    })
    .partial(),
  bypass: z
    .strictObject({
      roles: z.array(z.string().regex(/^[^\s:]{1,100}$/, 'a role such as break-glass')).max(20),
      maxDuration: duration.refine((ms) => ms <= 86_400_000, 'at most 24h'),
    })
    .partial(),
})

const schedule = z.strictObject({
  timezone,
  apply: z
    .strictObject({
      windows: layer(
        z.strictObject({
          days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
          from: clockTime,
          to: clockTime,
        }),
      ),
    })
    .partial(),
  freezes: z
    .array(
      z
        .strictObject({ from: date, to: date, reason: word.optional() })
        .transform((one) => ({ ...one, reason: one.reason ?? 'freeze' })),
    )
    .max(200),
  paused: z.boolean().describe('kill switch: nothing is proposed or applied'),
})

export const policyFile = z.strictObject({
  apiVersion: z.literal('lucidream/v1'),
  kind: z.literal('Policy'),
  metadata: z.strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and "-"'),
    owners: z
      .array(actor.refine((name) => name !== 'owners', 'name them'))
      .max(50)
      .optional(),
    labels: z.record(word, word).optional(),
  }),
  spec: z
    .strictObject({
      mode: z.enum(['enforce', 'audit', 'off']),
      extends: z.array(word).max(10),
      appliesTo: z
        .strictObject({
          stores: z.array(glob).max(100).describe('patterns of names of memory stores'),
        })
        .partial(),
      inputs: inputs.partial(),
      scope: scope.partial(),
      budgets: budgets.partial(),
      evidence: evidence.partial(),
      content: content.partial(),
      risk: z.strictObject({ default: risk, rules: z.array(riskRule).max(200) }).partial(),
      approvals: approvals.partial(),
      schedule: schedule.partial(),
      rollout: rollout.partial(),
    })
    .partial(),
})
export type PolicyFile = z.output<typeof policyFile>

/**
 * Fields of the shape that nothing enforces yet. Taking them in silence would be a promise that nobody keeps, so
 * they are refused by name.
 */
export const notEnforced: readonly string[] = [
  'appliesTo.agents',
  'inputs.sessions.excludeActorKinds',
  'inputs.models',
  'evidence.freshness.reverifyEvery',
  'evidence.freshness.onExpire',
  'content.judges',
  ...['low', 'medium', 'high', 'critical'].flatMap((level) => [`approvals.${level}.notify`]),
  'approvals.bypass.alert',
  'schedule.dream',
  ...[
    'holdout',
    'metrics.goal.direction',
    'analysis.method',
    'analysis.sampleRatioP',
    'onInconclusive',
    'promote.cooldown',
    'rollback',
    'afterPromotion.reopenOnRecurrence',
  ].map((name) => `rollout.${name}`),
  'retention',
  'audit',
]
/** Values that are refused for the same reason. */
export const valuesNotEnforced: readonly { readonly field: string; readonly value: string }[] = [
  { field: 'budgets.openProposals.onExceed', value: 'drop-lowest' },
  { field: 'budgets.openProposals.onExceed', value: 'stop-dreaming' },
  ...['secrets', 'pii', 'injection', 'unicode', 'commands'].map((name) => ({
    field: `content.${name}.onMatch`,
    value: 'redact',
  })),
]
