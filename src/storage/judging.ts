import { applyChanges } from '../core/change/apply.ts'
import type { ProposedChange } from '../core/change/change.ts'
import { toTimestamp } from '../core/clock.ts'
import { viewStore } from '../core/critique/store-view.ts'
import type { Hash, MemoryStoreId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import type { Approval, JudgedChange } from '../core/policy/decision.ts'
import {
  type Candidate,
  type ChangeFacts,
  type JudgedProposal,
  type JudgingFacts,
  judgeChange,
  measureDocuments,
  type StoreSize,
  type Target,
  toJudged,
} from '../core/review/judge.ts'
import { listChanges, type StoredChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { listDreamMemories } from './dream-memories.ts'
import { type Dream, getDream } from './dreams.ts'
import { measureDrift } from './drift.ts'
import { readEvidenceFacts } from './evidence-facts.ts'
import { listFindings } from './findings.ts'
import { listMemories } from './memories.ts'
import { findMemoryStore } from './memory-stores.ts'
import { nameHolder } from './people.ts'
import { listStorePolicies, type PolicyVersion, toPolicy } from './policies.ts'
import {
  countOpenProposals,
  listAppliedTimes,
  listDreamTimes,
  measureStoreAt,
} from './policy-history.ts'
import { listRejections, listReviews, type Review } from './reviews.ts'
import { describeTrial } from './trials.ts'

const day = 86_400_000
/** Sizes at so many days ago: what growth is measured from. */
const sizeDays = [1, 7, 14, 30, 90]
const historyDays = 90

export type JudgingReader = Reader & Pick<Writer, 'hash' | 'at'>

/** Who judges the changes of one dream, at one moment, by the policies of its store. */
export interface Panel {
  readonly dream: Dream
  readonly facts: JudgingFacts
  /** Those that the dream read; when changes are applied, as they stand now. */
  readonly memories: readonly MemoryDocument[]
  readonly size: StoreSize
  readonly prepare: (stored: StoredChange, given: Preparing) => Promise<Candidate>
  readonly judge: (candidate: Candidate) => JudgedProposal
}

interface Preparing {
  readonly approvals: readonly Approval[]
  readonly target?: Omit<Target, 'view'>
  /** All names of the person who promotes it now. */
  readonly promotedBy?: readonly string[]
}

export async function openPanel(
  reader: JudgingReader,
  dream: Dream,
  moment: JudgedChange['moment'],
): Promise<Panel> {
  const { inputStoreId, id } = dream
  const changes = await listChanges(reader, id)
  const facts = await readJudgingFacts(reader, dream, {
    moment,
    siblings: changes.filter(({ status }) => status !== 'rejected').map(({ change }) => change),
  })
  const memories =
    moment === 'propose'
      ? await listDreamMemories(reader, id)
      : await listMemories(reader, inputStoreId)
  const findings = (await listFindings(reader, id)).map(({ finding }) => finding)
  const view = viewStore(memories)
  const size = measureDocuments(memories)
  return {
    dream,
    facts,
    memories,
    size,
    judge: (candidate) => judgeChange(facts, candidate),
    async prepare(stored, { approvals, target, promotedBy = null }) {
      const { id: changeId, change, ordinal } = stored
      const reviews = await listReviews(reader, changeId)
      const { policies } = facts
      const [evidence] = await readEvidenceFacts(reader, id, {
        changes: [change],
        findings,
        policies,
      })
      const own: ChangeFacts = {
        evidence: evidence as ChangeFacts['evidence'],
        ...(await describeEdit(reader, dream, reviews)),
        lot: drawLot(changeId, reader.hash),
        openBefore: await countOpenProposals(reader, inputStoreId, {
          dreamOrdinal: dream.ordinal,
          ordinal,
        }),
        experiment: moment === 'propose' ? null : await describeTrial(reader, stored, promotedBy),
      }
      const where = target ?? { ...aim(memories, change, reader.hash), size, written: 0 }
      return { change, facts: own, approvals, target: { ...where, view } }
    },
  }
}

/** The change's memory without it and with it. */
function aim(memories: readonly MemoryDocument[], change: ProposedChange, hash: Hash) {
  const before = memories.find(({ path }) => path === change.path) ?? null
  const { documents } = applyChanges(before === null ? [] : [before], [change], hash)
  return { before, after: documents.find(({ path }) => path === change.path) ?? null }
}

/** At least 0 and less than 100, the same for a change every time. */
export const drawLot = (changeId: string, hash: Hash): number =>
  (Number.parseInt(hash(JSON.stringify(['lot', changeId])).slice(0, 8), 16) % 10_000) / 100

/** An edit proposes anew. */
async function describeEdit(reader: Reader, dream: Dream, reviews: readonly Review[]) {
  const edit = reviews.findLast(({ verdict }) => verdict === 'edit')
  return {
    proposedAt: edit?.createdAt ?? dream.endedAt ?? dream.createdAt,
    editedBy: edit ? await nameHolder(reader, edit.actor) : null,
  }
}

/** What is the same for every change of a dream. */
export async function readJudgingFacts(
  reader: JudgingReader,
  dream: Dream,
  given: Pick<JudgingFacts, 'moment' | 'siblings'>,
): Promise<JudgingFacts> {
  const { inputStoreId } = dream
  const nowMs = Date.parse(reader.at)
  const store = await findMemoryStore(reader, inputStoreId)
  const versions = await listStorePolicies(reader, inputStoreId)
  const sizes: { at: string; bytes: number }[] = []
  for (const days of sizeDays) {
    const at = toTimestamp(nowMs - days * day)
    sizes.push({ at, bytes: await measureStoreAt(reader, inputStoreId, at) })
  }
  const since = toTimestamp(nowMs - historyDays * day)
  const began = Date.parse(dream.startedAt ?? dream.createdAt)
  return {
    ...given,
    policies: versions.map(toPolicy),
    now: reader.at,
    proposedBy: [`dream:${dream.id}`],
    policyLoads: await listLoads(reader, versions),
    // No engine with a model exists yet.
    dream: {
      modelTokens: 0,
      costUsd: 0,
      wallClockMs: Math.max(0, (dream.endedAt ? Date.parse(dream.endedAt) : nowMs) - began),
    },
    store: { id: inputStoreId, name: store?.name ?? '', sizes },
    history: {
      dreams: (await listDreamTimes(reader, inputStoreId, since)).map((at) => ({ at, costUsd: 0 })),
      applied: await listAppliedTimes(reader, inputStoreId, since),
    },
    rejections: (await listRejections(reader, inputStoreId)).map(({ key }) => ({ key })),
    drift: await measureDrift(reader, inputStoreId),
  }
}

async function listLoads(reader: Reader, versions: readonly PolicyVersion[]) {
  const loads: JudgingFacts['policyLoads'][number][] = []
  for (const { id, loadedBy, createdAt } of versions) {
    if (loadedBy?.type !== 'api_key') continue
    loads.push({ version: id, by: await nameHolder(reader, loadedBy), at: createdAt })
  }
  return loads
}

/** By dream, for whoever judges several. */
export const openPanelOf = async (
  reader: JudgingReader,
  dreamId: Dream['id'],
  moment: JudgedChange['moment'],
): Promise<Panel> => openPanel(reader, await getDream(reader, dreamId), moment)

/** All changes of one dream, each with all that a policy looks at. */
export async function describeChanges(
  reader: JudgingReader,
  dreamId: Dream['id'],
  moment: JudgedChange['moment'],
): Promise<{ readonly stored: StoredChange; readonly judged: JudgedChange }[]> {
  const panel = await openPanelOf(reader, dreamId, moment)
  const described: { stored: StoredChange; judged: JudgedChange }[] = []
  for (const stored of await listChanges(reader, dreamId)) {
    const candidate = await panel.prepare(stored, { approvals: [] })
    const judged = toJudged(panel.facts, candidate, panel.judge(candidate).critiques)
    described.push({ stored, judged })
  }
  return described
}

/** Where nothing may be applied because nobody said how far dreams may go. */
export const describeNoPolicy = (storeName: string, storeId: MemoryStoreId): string =>
  `No policy applies to the memory store "${storeName}" (${storeId}), so nothing of what dreams propose may be approved or applied. "lucidream policy init" installs the starter policy: one person approves each change.`
