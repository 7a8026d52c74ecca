import { z } from 'zod'
import { line } from '../v1/wire.ts'
import { slug, subject } from './outcome-signals.ts'

const place = z.enum(['title', 'first_message', 'tool_input'])

export const joinRuleBody = z.discriminatedUnion('type', [
  z.object({
    name: slug,
    type: z.literal('pattern'),
    subject_type: subject.shape.type,
    pattern: line(1, 500).describe('RE2; its first group is the value, else all that it finds'),
    where: z.array(place).min(1, 'at least 1').max(3).default(['title', 'first_message']),
  }),
  z.object({
    name: slug,
    type: z.literal('metadata'),
    subject_type: subject.shape.type,
    metadata: line(1, 64).describe('the name of a label or metadata pair of the session'),
  }),
])

const shown = { created_at: z.string() }

export const joinRule = z.discriminatedUnion('type', [
  z.object({
    name: z.string(),
    type: z.literal('pattern'),
    subject_type: z.string(),
    pattern: z.string(),
    where: z.array(place),
    ...shown,
  }),
  z.object({
    name: z.string(),
    type: z.literal('metadata'),
    subject_type: z.string(),
    metadata: z.string(),
    ...shown,
  }),
])

export const joinRuleList = z.object({
  data: z.array(joinRule),
  rejoining: z.boolean().describe('signals are being joined anew since the rules changed'),
})

export const joinRulePath = z.object({ name: slug })
export const deletedJoinRule = z.object({ name: z.string(), type: z.literal('join_rule_deleted') })

export const joinRuleTrial = z.object({
  type: z.literal('join_rule_trial'),
  signals_joined: z.int().describe('unmatched signals that the rule would join'),
  signals_tried: z.int(),
  sessions_tried: z.int().describe('newest first; 500 at most'),
  examples: z.array(
    z.object({
      outcome_signal_id: z.string(),
      session_id: z.string(),
      value: z.string(),
    }),
  ),
})

export const rejoinAnswer = z.object({ type: z.literal('rejoin'), revision: z.int() })

/** What `--json` prints of join rules. */
export const joinRulesDocument = joinRuleList.extend({
  version: z.literal(1),
  kind: z.literal('join_rules'),
})
export type JoinRulesDocument = z.infer<typeof joinRulesDocument>

export const joinRuleTrialDocument = joinRuleTrial.omit({ type: true }).extend({
  version: z.literal(1),
  kind: z.literal('join_rule_trial'),
})
export type JoinRuleTrialDocument = z.infer<typeof joinRuleTrialDocument>

/** A rule that was added or taken away, and how many signals are joined otherwise than before. */
export const joinRuleDocument = z.object({
  version: z.literal(1),
  kind: z.enum(['join_rule_added', 'join_rule_removed']),
  name: z.string(),
  changed: z.int(),
})
export type JoinRuleDocument = z.infer<typeof joinRuleDocument>
