import type { ProposedChange } from '../core/change/change.ts'
import { toTimestamp } from '../core/clock.ts'
import { type ChangeId, makeId } from '../core/ids.ts'
import type { Memory } from '../core/memory.ts'
import type { Finding } from '../core/mining/finding.ts'
import type { JudgedChange } from '../core/policy/decision.ts'
import type { DreamJudging, JudgedDream } from '../core/review/judge-dream.ts'
import { insertChanges } from '../storage/changes.ts'
import type { Writer } from '../storage/database.ts'
import { readEvidenceFacts } from '../storage/evidence-facts.ts'
import { insertJudgements } from '../storage/judgements.ts'
import { drawLot, readJudgingFacts } from '../storage/judging.ts'
import { tellAbout } from '../storage/new-dream.ts'
import { countOpenProposals } from '../storage/policy-history.ts'
import { type StepWork, think } from './step.ts'

type Judging = Pick<DreamJudging, 'changes' | 'memories'> & {
  readonly findings: readonly Finding[]
}

/**
 * The word of panel and policies on every proposal; quotes are looked up once more, because rows may have gone
 * since.
 */
export async function judgeProposals(
  work: StepWork,
  { changes, memories, findings }: Judging,
): Promise<JudgedDream> {
  const { context, dream } = work
  const now = toTimestamp(context.clock())
  const task = await context.database.read(async (reader): Promise<DreamJudging> => {
    const judging = { ...reader, hash: context.hash, at: now }
    const facts = await readJudgingFacts(judging, dream, { moment: 'propose', siblings: changes })
    const { policies } = facts
    const evidence = await readEvidenceFacts(reader, dream.id, { changes, findings, policies })
    const openBefore = await countOpenProposals(reader, dream.inputStoreId)
    return {
      changes,
      memories,
      output: dream.outputStoreId === dream.inputStoreId ? 'input' : 'copy',
      facts,
      own: changes.map((change, index) => ({
        evidence: evidence[index] as JudgedChange['evidence'],
        proposedAt: now,
        editedBy: null,
        lot: drawLot(nameChange(work, change), context.hash),
        openBefore,
        experiment: null,
      })),
    }
  })
  return think(work, (signal) => context.thinking.judge(task, signal))
}

/** The changes of a dream as proposals, with what the panel and the policies say of each. */
export async function insertProposals(
  writer: Writer,
  work: Pick<StepWork, 'context' | 'dream'>,
  given: {
    readonly changes: readonly ProposedChange[]
    readonly memories: readonly Memory[]
    readonly judged: JudgedDream
  },
): Promise<void> {
  const { context, dream } = work
  const rows = given.changes.map(addRowFields(work, given.memories))
  await insertChanges(writer, dream.id, rows)
  await tellAbout(writer, context, { type: 'change.proposed', ids: rows.map(({ id }) => id) })
  await insertJudgements(
    writer,
    given.judged.proposals.map((one, at) => ({
      ...one,
      changeId: rows[at]?.id as ChangeId,
      round: 0,
    })),
  )
}

const addRowFields = (
  { context, dream }: Pick<StepWork, 'context' | 'dream'>,
  memories: readonly Memory[],
) => {
  const versions = new Map(memories.map((one) => [one.path, one.versionId]))
  return (change: ProposedChange) => ({
    id: nameChange({ context, dream }, change),
    change,
    baseVersionId: versions.get(change.path) ?? null,
  })
}

export const nameChange = (
  { context, dream }: Pick<StepWork, 'context' | 'dream'>,
  { key }: Pick<ProposedChange, 'key'>,
): ChangeId => makeId('chg', context.hash, [dream.id, key])
