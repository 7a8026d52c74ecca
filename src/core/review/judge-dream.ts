import { applyChanges } from '../change/apply.ts'
import type { ProposedChange } from '../change/change.ts'
import { viewStore } from '../critique/store-view.ts'
import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import { type Admission, admitChanges } from './admit.ts'
import {
  type ChangeFacts,
  type JudgedProposal,
  type JudgingFacts,
  judgeChange,
  measureDocuments,
} from './judge.ts'

export interface DreamJudging {
  readonly changes: readonly ProposedChange[]
  readonly memories: readonly MemoryDocument[]
  readonly facts: JudgingFacts
  /** Of each change. */
  readonly own: readonly ChangeFacts[]
  /** Whether the dream writes into the store that it reads, or into a copy. */
  readonly output: 'input' | 'copy'
}

export interface JudgedDream {
  /** Of each change, as a proposal. */
  readonly proposals: readonly JudgedProposal[]
  /** Of each change that would be written at once: whether it may. */
  readonly writes: readonly (JudgedProposal | null)[]
  /** All documents as the dream leaves them in its output store. */
  readonly after: readonly MemoryDocument[]
}

/**
 * Judges what a dream proposes. A copy gets everything that is neither denied nor in quarantine, for people to
 * look at; the store itself only what the policies let in without anybody.
 */
export async function judgeDream(given: DreamJudging, hash: Hash): Promise<JudgedDream> {
  const { changes, memories, own, facts, output } = given
  const view = viewStore(memories)
  const size = measureDocuments(memories)
  const at = (path: string) => memories.find((one) => one.path === path) ?? null
  let open = 0
  const proposals = changes.map((change, index) => {
    const before = at(change.path)
    const { documents } = applyChanges(before === null ? [] : [before], [change], hash)
    const after = documents.find(({ path }) => path === change.path) ?? null
    const found = own[index] as ChangeFacts
    const proposal = judgeChange(facts, {
      change,
      facts: { ...found, openBefore: found.openBefore + open },
      approvals: [],
      target: { before, after, view, size, written: 0 },
    })
    if (proposal.decision.verdict !== 'deny') open += 1
    return proposal
  })
  const writes = await judgeWrites(given, hash)
  const written = changes.filter((change, index) =>
    output === 'input'
      ? writes[index]?.decision.verdict === 'allow'
      : proposals[index]?.decision.verdict !== 'deny' && change.trust.quarantine.length === 0,
  )
  const { documents } = applyChanges(memories, written, hash)
  return { proposals, writes, after: documents }
}

/** Where the dream writes into the store itself: whether each change may be, after those before it. */
async function judgeWrites(
  { changes, memories, facts, own, output }: DreamJudging,
  hash: Hash,
): Promise<(JudgedProposal | null)[]> {
  if (output === 'copy') return changes.map(() => null)
  const view = viewStore(memories)
  const writes = new Map<number, JudgedProposal>()
  let state: Admission = { size: measureDocuments(memories), written: 0 }
  const all = changes.map((change, index) => ({ change, index }))
  for (const [path, ones] of Map.groupBy(all, ({ change }) => change.path)) {
    const base = memories.find((one) => one.path === path) ?? null
    const found = await admitChanges(
      { ones, base, standing: [], state, hash },
      async ({ change, index }, target) => {
        const judged = judgeChange(
          { ...facts, moment: 'apply' },
          {
            change,
            facts: own[index] as ChangeFacts,
            approvals: [],
            target: { ...target, view },
          },
        )
        writes.set(index, judged)
        return judged
      },
    )
    state = found.state
  }
  return changes.map((_, index) => writes.get(index) ?? null)
}
