import type { WebhookReceiptId, WebhookSourceId } from '../ids.ts'
import type { Mapped } from '../receive/mapping.ts'
import type { Reading, Scheme, SenderKind } from '../receive/scheme.ts'

interface ShownSource {
  readonly id: WebhookSourceId
  readonly name: string
  readonly provider: SenderKind
  readonly scheme: Scheme
  readonly reading: Reading
  readonly mapping: string | null
  readonly condition: string | null
  readonly secrets: readonly { readonly hint: string; readonly createdAt: string }[]
  readonly state: 'enabled' | 'disabled'
  readonly createdAt: string
  readonly updatedAt: string
}

/** A webhook source as the wire and `--json` show it: of its secrets only the last characters. */
export const presentWebhookSource = (source: ShownSource) => ({
  id: source.id,
  type: 'webhook_source' as const,
  name: source.name,
  provider: source.provider,
  scheme: source.scheme,
  reading: presentReading(source.reading),
  mapping: source.mapping,
  condition: source.condition,
  signed: source.scheme.type !== 'none',
  secrets: source.secrets.map(({ hint, createdAt }) => ({ hint, created_at: createdAt })),
  state: source.state,
  path: `/lucid/v1/hooks/${source.id}`,
  created_at: source.createdAt,
  updated_at: source.updatedAt,
})

export const presentReading = ({ deliveryId, event }: Reading) => ({
  delivery_id: deliveryId,
  event,
})

interface ShownReceipt {
  readonly id: WebhookReceiptId
  readonly sourceId: WebhookSourceId
  readonly deliveryId: string
  readonly event: string
  readonly state: 'received' | 'mapped' | 'ignored' | 'failed'
  readonly reason: string | null
  readonly signed: boolean
  readonly signals: number
  readonly rounds: number
  readonly bodyBytes: number
  readonly receivedAt: string
  readonly endedAt: string | null
  readonly bodyGone: { readonly at: string; readonly why: 'expired' | 'erased' } | null
}

export const presentWebhookReceipt = (receipt: ShownReceipt) => ({
  id: receipt.id,
  type: 'webhook_receipt' as const,
  webhook_source_id: receipt.sourceId,
  delivery_id: receipt.deliveryId,
  event: receipt.event,
  state: receipt.state,
  reason: receipt.reason,
  signed: receipt.signed,
  signals: receipt.signals,
  rounds: receipt.rounds,
  body_bytes: receipt.bodyBytes,
  body: receipt.bodyGone?.why ?? ('kept' as const),
  body_gone_at: receipt.bodyGone?.at ?? null,
  received_at: receipt.receivedAt,
  ended_at: receipt.endedAt,
})

export const presentMapped = (mapped: Mapped) => ({
  type: 'mapping_result' as const,
  result: mapped.type,
  reason: mapped.type === 'signals' ? null : mapped.reason,
  signals:
    mapped.type === 'signals'
      ? mapped.signals.map(({ decidedAt, sessionId, components, subjects, ...signal }) => ({
          ...signal,
          components: { ...components },
          decided_at: decidedAt,
          subjects: subjects.map((subject) => ({ ...subject })),
          session_id: sessionId,
        }))
      : [],
})
