import { applyChanges } from '../../core/change/apply.ts'
import type { ProposedChange } from '../../core/change/change.ts'
import { DomainError } from '../../core/errors.ts'
import { type MemoryStoreId, makeId } from '../../core/ids.ts'
import { parseItems } from '../../core/items/items.ts'
import type { Memory, MemoryDocument } from '../../core/memory.ts'
import type { DreamReport } from '../../core/present/dream-report.ts'
import { propose } from '../../core/propose/propose.ts'
import { insertChanges } from '../../storage/changes.ts'
import type { Writer } from '../../storage/database.ts'
import { updateDream } from '../../storage/dreams.ts'
import { listFindings } from '../../storage/findings.ts'
import { insertMemory, listMemories } from '../../storage/memories.ts'
import { getMemoryStore, insertMemoryStore } from '../../storage/memory-stores.ts'
import { describeReconciliation } from '../describe-reconciliation.ts'
import type { Mined, Reconciled } from '../reports.ts'
import { finish, type StepWork } from '../step.ts'

/**
 * Turns findings and reconciliation into changes and completes the dream. The output store is the input
 * store plus every change; the input store is not touched.
 */
export async function proposeChanges(work: StepWork): Promise<void> {
  const { context, dream } = work
  const { memories, findings } = await read(work)
  const reconciled = dream.reconciled as unknown as Reconciled
  const { reconciliation } = reconciled
  const { changes, nothing } = propose({
    findings: findings.map((stored) => stored.finding),
    documents: memories,
    reconciliation,
    hash: context.hash,
  })
  const after = applyAll(memories, changes, work)
  const outputStoreId = makeId('memstore', context.hash, [dream.id, 'output'])
  const report: Omit<DreamReport, 'dreamId'> = {
    inputStoreId: dream.inputStoreId,
    outputStoreId,
    ...describeInputs(work, memories),
    reconciliation: describeReconciliation(memories, reconciled),
    heldBack: nothing,
    findings: findings.length,
    changes: changes.length,
  }
  await finish(work, async (writer) => {
    await insertChanges(writer, dream.id, changes.map(addRowFields(work, memories)))
    await writeOutputStore(writer, work, { outputStoreId, after })
    await updateDream(writer, dream.id, { status: 'completed', outputStoreId, report })
    await writer.audit({
      action: 'dream.completed',
      objectType: 'dream',
      objectId: dream.id,
      afterHash: context.hash(JSON.stringify(changes)),
    })
  })
}

/** The memories must still be those that were reconciled: proposals about other text would be wrong. */
async function read({ context, dream }: StepWork) {
  const { base } = dream.reconciled as unknown as Reconciled
  const { memories, findings } = await context.database.read(async (reader) => ({
    memories: await listMemories(reader, dream.inputStoreId),
    findings: await listFindings(reader, dream.id),
  }))
  const now = JSON.stringify(memories.map(({ path, contentSha256 }) => ({ path, contentSha256 })))
  if (now !== JSON.stringify(base)) {
    throw new DomainError(
      'conflict',
      `Memory store ${dream.inputStoreId} changed while it was dreamt over; dream again.`,
    )
  }
  return { memories, findings }
}

function applyAll(
  memories: readonly Memory[],
  changes: readonly ProposedChange[],
  { context }: StepWork,
): readonly MemoryDocument[] {
  const { documents, refused } = applyChanges(memories, changes, context.hash)
  const [first] = refused
  if (first) {
    throw new DomainError('conflict', `Change ${first.change.key} does not apply: ${first.reason}`)
  }
  return documents
}

function describeInputs({ context, dream }: StepWork, memories: readonly Memory[]) {
  const { read, families, paths, comparedBy, silences } = dream.mined as unknown as Mined
  const items = memories.reduce((sum, one) => sum + parseItems(one, context.hash).length, 0)
  return {
    read: { ...read, memories: memories.length, items },
    families,
    paths,
    comparedBy,
    silences,
  }
}

const addRowFields =
  ({ context, dream }: StepWork, memories: readonly Memory[]) =>
  (change: ProposedChange) => ({
    id: makeId('chg', context.hash, [dream.id, change.key]),
    change,
    baseVersionId: memories.find((memory) => memory.path === change.path)?.versionId ?? null,
  })

async function writeOutputStore(
  writer: Writer,
  { dream }: StepWork,
  given: { outputStoreId: MemoryStoreId; after: readonly MemoryDocument[] },
): Promise<void> {
  const input = await getMemoryStore(writer, dream.inputStoreId)
  await insertMemoryStore(writer, {
    id: given.outputStoreId,
    name: `${input.name} (dream ${dream.ordinal})`,
    description: `Preview of what dream ${dream.id} proposes for ${input.name}.`,
    metadata: { dream_id: dream.id },
  })
  for (const { path, content } of given.after) {
    const storeId = given.outputStoreId
    await insertMemory(writer, { storeId, path, content, dreamId: dream.id })
  }
  await writer.audit({
    action: 'memory_store.created',
    objectType: 'memory_store',
    objectId: given.outputStoreId,
  })
}
