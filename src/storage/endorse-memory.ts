import { DomainError } from '../core/errors.ts'
import type { EndorsementId, MemoryStoreId } from '../core/ids.ts'
import { bindText, endorse, findEndorsed } from '../core/trust/endorsement.ts'
import { taintOfText } from '../core/trust/line-taints.ts'
import type { Taint } from '../core/trust/taint.ts'
import type { Writer } from './database.ts'
import { insertEndorsement, type StoredEndorsement } from './endorsements.ts'
import { readLineTaints } from './line-taints.ts'
import type { StoredMemory } from './stored-memory.ts'

export interface EndorsementOrder {
  readonly id: EndorsementId
  readonly storeId: MemoryStoreId
  readonly memory: StoredMemory
  /** What the person read; null: whatever stands there. */
  readonly contentSha256: string | null
  /** Null: the memory as a whole. */
  readonly text: string | null
  readonly taint: Taint
  readonly person: string
  readonly reason: string
}

/** Records a person's word for lines of a memory as they stand now; from the next dream on it counts. */
export async function endorseMemory(
  writer: Writer,
  order: EndorsementOrder,
): Promise<StoredEndorsement> {
  const { memory, text, taint, person } = order
  const { content, contentSha256, path } = memory
  if (order.contentSha256 !== null && order.contentSha256 !== contentSha256) {
    throw new DomainError(
      'conflict',
      `content_sha256: ${path} is not the text that was read; its hash is ${contentSha256} now. Read it again.`,
      { details: { error_code: 'stale_review' } },
    )
  }
  const bound = bindText(content, text, writer.hash)
  const lines = bound && findEndorsed(content, bound, writer.hash)
  if (!bound || !lines) {
    throw new DomainError(
      'invalid_argument',
      text === null
        ? `${path} is blank: there is nothing to endorse.`
        : `text: is not made of whole lines that stand in ${path}; copy them as they are.`,
    )
  }
  const table = await readLineTaints(writer, order.storeId, [memory])
  const from = taintOfText(table, path, lines.join('\n'))
  endorse({ actor: writer.actor, person, from, to: taint })
  return insertEndorsement(writer, {
    id: order.id,
    storeId: order.storeId,
    memoryId: memory.id,
    versionId: memory.versionId,
    ...bound,
    taintBefore: from,
    taint,
    person,
    reason: order.reason,
  })
}
