import { locateEdits } from '../../core/change/apply.ts'
import type { Memory } from '../../core/memory.ts'
import type { DreamReport } from '../../core/present/dream-report.ts'
import type { JudgedDream } from '../../core/review/judge-dream.ts'
import { placeholderKey } from '../../core/trust/personal-data.ts'
import { countBytes, partsOf } from '../../storage/apply-changes.ts'
import { insertChangeWrite } from '../../storage/change-writes.ts'
import { updateChangeStatus } from '../../storage/changes.ts'
import type { Writer } from '../../storage/database.ts'
import { recordDecision } from '../../storage/decisions.ts'
import { listDreamMemories } from '../../storage/dream-memories.ts'
import { releaseStore, updateDream } from '../../storage/dreams.ts'
import { listFindings } from '../../storage/findings.ts'
import { readLineTaints } from '../../storage/line-taints.ts'
import { tellAbout } from '../../storage/new-dream.ts'
import { listRejections } from '../../storage/reviews.ts'
import { readWatch } from '../../storage/watch.ts'
import { closeDreamSession, countOf, narrate, type Passage } from '../dream-session.ts'
import { insertProposals, judgeProposals, nameChange } from '../proposals.ts'
import { type Published, publishDocuments } from '../publish.ts'
import type { Mined, Reconciled } from '../reports.ts'
import { beat, finish, type StepWork, think } from '../step.ts'
import type { Proposed } from '../thinking.ts'

/**
 * Turns findings and reconciliation into changes, writes them into the output store in one burst and completes
 * the dream. A memory that somebody else changed meanwhile stays as they left it, and its changes stay proposed.
 */
export async function proposeChanges(work: StepWork): Promise<void> {
  const { context, dream } = work
  await beat(work)
  const read = await context.database.read(async (reader) => {
    const memories = await listDreamMemories(reader, dream.id)
    return {
      memories,
      taints: await readLineTaints({ ...reader, hash: context.hash }, dream.inputStoreId, memories),
      findings: (await listFindings(reader, dream.id)).map(({ finding }) => finding),
      rejections: await listRejections(reader, dream.inputStoreId),
      watch: await readWatch(reader, dream, context.clock()),
    }
  })
  const { memories, findings } = read
  const reconciled = dream.reconciled as unknown as Reconciled
  const proposed = await think(work, (signal) =>
    context.thinking.propose(
      { ...read, reconciled, personalKey: placeholderKey(context.keyring) },
      signal,
    ),
  )
  const judged = await judgeProposals(work, { memories, findings, changes: proposed.changes })
  await beat(work)
  await finish(work, async (writer) => {
    await insertProposals(writer, work, { changes: proposed.changes, memories, judged })
    const published = await publish(writer, work, { memories, proposed, judged })
    const report = describe(work, {
      memories,
      proposed,
      judged,
      published,
      findings: findings.length,
    })
    await narrate(writer, dream, toPassages(proposed, published))
    await updateDream(writer, dream.id, { status: 'completed', report })
    if (dream.heldStoreId !== null) await releaseStore(writer, dream.id)
    await closeDreamSession(
      writer,
      dream,
      `Completed: ${countOf(proposed.changes.length, 'change')} from ${countOf(findings.length, 'finding')}; ${countOf(published.written.length, 'memory')} written.`,
    )
    await writer.audit({
      action: 'dream.completed',
      objectType: 'dream',
      objectId: dream.id,
      afterHash: context.hash(JSON.stringify(proposed.changes)),
    })
    await tellAbout(writer, context, { type: 'dream.completed', id: dream.id })
  })
}

interface Outcome {
  readonly memories: readonly Memory[]
  readonly proposed: Proposed
  readonly judged: JudgedDream
}

/** Writes what differs. In the input store itself a change is then applied; in a copy it is still a proposal. */
async function publish(
  writer: Writer,
  { context, dream }: StepWork,
  { memories, proposed, judged }: Outcome,
): Promise<Published> {
  if (dream.outputStoreId === null) return { written: [], left: [] }
  const published = await publishDocuments(writer, {
    dream,
    storeId: dream.outputStoreId,
    before: memories,
    after: judged.after,
  })
  if (dream.outputStoreId !== dream.inputStoreId) return published
  const work = { context, dream }
  for (const { path, memoryId, versionBefore, versionId } of published.written) {
    const applied = proposed.changes.flatMap((change, index) => {
      const write = judged.writes[index]
      if (change.path !== path || write?.decision.verdict !== 'allow') return []
      return [{ id: nameChange(work, change), change, write }]
    })
    const edits = locateEdits(applied.map(({ change }) => change))
    for (const { id, write } of applied) {
      await recordDecision(writer, { changeId: id, moment: 'apply', ...write })
      await updateChangeStatus(writer, id, { from: 'proposed', to: 'applied' })
      await writer.audit({ action: 'change.applied', objectType: 'change', objectId: id })
    }
    await tellAbout(writer, context, { type: 'change.applied', ids: applied.map(({ id }) => id) })
    await insertChangeWrite(writer, {
      storeId: dream.inputStoreId,
      dreamId: dream.id,
      kind: 'apply',
      path,
      memoryId,
      versionBefore,
      versionAfter: versionId,
      ...countBytes(edits),
      parts: partsOf(applied, edits),
    })
  }
  return published
}

function describe(
  { dream }: StepWork,
  {
    memories,
    proposed,
    published,
    findings,
  }: Outcome & { readonly published: Published; readonly findings: number },
): Omit<DreamReport, 'dreamId'> {
  const { read, families, paths, comparedBy, silences } = dream.mined as unknown as Mined
  return {
    inputStoreId: dream.inputStoreId,
    outputStoreId: dream.outputStoreId ?? dream.inputStoreId,
    read: { ...read, memories: memories.length, items: proposed.items },
    families,
    paths,
    comparedBy,
    silences,
    reconciliation: proposed.reconciliation,
    heldBack: [...proposed.heldBack, ...published.left.map(({ path, why }) => `${path}: ${why}`)],
    findings,
    changes: proposed.changes.length,
  }
}

function toPassages({ changes, heldBack }: Proposed, { written, left }: Published): Passage[] {
  const byPath = Map.groupBy(changes, ({ path }) => path)
  return [
    {
      use: 'propose_changes',
      input: { changes: changes.length },
      answer: [
        countOf(changes.length, 'change'),
        ...changes.map(({ operation, path, grade }) => `${operation} ${path} (grade ${grade})`),
        ...heldBack.map((line) => `held back: ${line}`),
      ].join('\n'),
    },
    ...written.map(({ path, versionId, how }) => ({
      use: 'write_memory',
      input: { path, changes: byPath.get(path)?.length ?? 0 },
      answer: `${how}${versionId === null ? '' : ` as ${versionId}`}`,
    })),
    ...left.map(({ path, why }) => ({
      say: `${path} was left as it is: ${why} Its ${countOf(byPath.get(path)?.length ?? 0, 'change')} stay proposed.`,
    })),
  ]
}
