import { z } from 'zod'
import { cursor, givenId, limit, line, pageOf, prose } from '../v1/wire.ts'

/** Expressions longer than this are programs. */
const expression = prose(1, 32_768)
const secret = line(16, 512).describe('what the sender signs with; one is made when left out')
const header = z
  .string()
  .max(100)
  .regex(/^[a-z0-9-]+$/, 'a header name in lower case')
const bodyPath = line(1, 200).describe('through the JSON body, e.g. data.item.id')

const place = z.union([
  z.object({ in: z.literal('header'), name: header }),
  z.object({ in: z.literal('body'), path: bodyPath }),
])
const format = z.enum(['seconds', 'milliseconds', 'iso'])

const senderKind = z.enum([
  'standard',
  'anthropic',
  'github',
  'zendesk',
  'linear',
  'jira',
  'intercom',
  'pagerduty',
  'stripe',
  'slack',
  'generic',
])

const hmacScheme = z.object({
  type: z.literal('hmac'),
  header,
  algorithm: z.enum(['sha1', 'sha256', 'sha512']).default('sha256'),
  encoding: z.enum(['hex', 'base64']).default('hex'),
  prefix: line(0, 32).default('').describe('before each signature, e.g. sha256='),
  separator: line(1, 1).nullable().default(null).describe('between several signatures'),
  signed: line(6, 200)
    .default('{body}')
    .describe('what is signed: {body} once, {timestamp} where a time is signed'),
  timestamp: z
    .union([
      z.object({ in: z.literal('header'), name: header, format }),
      z.object({ in: z.literal('body'), path: bodyPath, format }),
      z.object({ in: z.literal('signature'), prefix: line(1, 32), format }),
    ])
    .nullable()
    .default(null),
})

const scheme = z.union([
  hmacScheme,
  z.object({ type: z.literal('standard') }),
  z.object({ type: z.literal('github') }),
  z.object({ type: z.literal('none') }),
])

const reading = z.object({
  delivery_id: place.nullable().default(null),
  event: place.nullable().default(null),
})

export const webhookSource = z.object({
  id: z.string(),
  type: z.literal('webhook_source'),
  name: z.string(),
  provider: senderKind,
  scheme,
  reading,
  mapping: z.string().nullable().describe("null: the provider's own"),
  condition: z.string().nullable(),
  signed: z.boolean().describe('false: anybody who knows the address is believed'),
  secrets: z.array(z.object({ hint: z.string(), created_at: z.string() })),
  state: z.enum(['enabled', 'disabled']),
  path: z.string().describe('where the sender posts to, on this server'),
  created_at: z.string(),
  updated_at: z.string(),
})

export const webhookSourceWithCounts = webhookSource.extend({
  refused: z.array(z.object({ reason: z.string(), count: z.int(), last_at: z.string() })),
})

/** The secret is in this answer and nowhere else, ever. */
export const webhookSourceWithSecret = webhookSource.extend({
  secret: z.string().nullable().describe('shown once; null where nothing is signed'),
})

export const newWebhookSource = z.object({
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,62}$/,
      'lower-case letters, digits and hyphens, at most 63, none first',
    ),
  provider: senderKind,
  scheme: scheme.optional().describe('only for the provider generic'),
  reading: reading.optional().describe('only for the provider generic'),
  secret: secret.optional(),
  mapping: expression.nullable().default(null).describe("JSONata; null: the provider's own"),
  condition: expression.nullable().default(null).describe('CEL over event, headers, payload'),
  allow_unsigned: z.boolean().default(false).describe('needed for the scheme none'),
})

/** What a file says of a sender that no provider stands for. */
export const ownScheme = z.strictObject({ scheme, reading: reading.optional() })

export const webhookSourcePatch = z.object({
  mapping: expression.nullable().optional(),
  condition: expression.nullable().optional(),
  state: z.enum(['enabled', 'disabled']).optional(),
})

export const secretRotation = z.object({
  secret: secret.optional(),
  keep_old: z.boolean().default(true).describe('the one before stays good until the next rotation'),
})

export const webhookSourcePage = z.object({ data: z.array(webhookSource) })
export const webhookSourcePath = z.object({ webhook_source_id: givenId })
export const deletedWebhookSource = z.object({
  id: z.string(),
  type: z.literal('webhook_source_deleted'),
})

export const senderPage = z.object({
  data: z.array(
    z.object({
      type: z.literal('webhook_provider'),
      name: senderKind,
      scheme: scheme.nullable(),
      reading,
      mapping: z.string().nullable(),
    }),
  ),
})

export const mappingTrial = z.object({
  payload: z.unknown().optional().describe('what the sender would send'),
  webhook_receipt_id: givenId.optional().describe('or what it did send'),
  event: line(0, 200).optional().describe('where the event stands in a header'),
  mapping: expression.nullable().optional().describe('in place of the stored one'),
  condition: expression.nullable().optional(),
})

const signal = z.object({
  kind: z.string(),
  value: z.number().nullable(),
  success: z.boolean().nullable(),
  components: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  decided_at: z.string().nullable(),
  principal: z.string().nullable(),
  subjects: z.array(z.object({ type: z.string(), value: z.string() })),
  explanation: z.string().nullable(),
  session_id: z.string().nullable(),
  final: z.boolean().nullable(),
})

export const mappingResult = z.object({
  type: z.literal('mapping_result'),
  result: z.enum(['signals', 'ignored', 'failed']),
  reason: z.string().nullable(),
  signals: z.array(signal),
})

const receiptState = z.enum(['received', 'mapped', 'ignored', 'failed'])

export const webhookReceipt = z.object({
  id: z.string(),
  type: z.literal('webhook_receipt'),
  webhook_source_id: z.string(),
  delivery_id: z.string(),
  event: z.string(),
  state: receiptState,
  reason: z.string().nullable(),
  signed: z.boolean(),
  signals: z.int(),
  rounds: z.int(),
  body_bytes: z.int().describe('of what came, whether it is still there or not'),
  body: z
    .enum(['kept', 'expired', 'erased'])
    .describe('a delivery whose body is gone is not replayed'),
  body_gone_at: z.string().nullable(),
  received_at: z.string(),
  ended_at: z.string().nullable(),
})

export const webhookReceiptWithBody = webhookReceipt.extend({
  headers: z.record(z.string(), z.string()),
  body_base64: z.string().nullable().describe('the bytes as they came; null: they are gone'),
})

export const webhookReceiptPage = pageOf(webhookReceipt)
export const webhookReceiptPath = z.object({ webhook_receipt_id: givenId })
export const webhookReceiptQuery = z.object({
  webhook_source_id: givenId.optional(),
  state: receiptState.optional(),
  limit: limit(100, 20),
  page: cursor,
})
