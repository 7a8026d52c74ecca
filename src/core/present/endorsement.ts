import type { Actor } from '../audit/record.ts'
import type { Taint } from '../trust/taint.ts'

interface Shown {
  readonly id: string
  readonly storeId: string
  readonly memoryId: string
  readonly versionId: string
  readonly whole: boolean
  readonly lineCount: number
  readonly taintBefore: Taint
  readonly taint: Taint
  readonly person: string
  readonly reason: string
  readonly actor: Actor
  readonly createdAt: string
  readonly voidedAt: string | null
  readonly voidReason: string | null
}

/** In the shape of the contract. */
export const presentEndorsement = (one: Shown) => ({
  type: 'endorsement' as const,
  id: one.id,
  memory_store_id: one.storeId,
  memory_id: one.memoryId,
  memory_version_id: one.versionId,
  whole: one.whole,
  lines: one.lineCount,
  taint_before: one.taintBefore,
  taint: one.taint,
  person: one.person,
  reason: one.reason,
  created_by: { ...one.actor },
  created_at: one.createdAt,
  voided_at: one.voidedAt,
  void_reason: one.voidReason,
})
