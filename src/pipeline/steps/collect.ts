import type { ProposedChange } from '../../core/change/change.ts'
import type { SessionId } from '../../core/ids.ts'
import type { Memory } from '../../core/memory.ts'
import type { DreamReport } from '../../core/present/dream-report.ts'
import type { ArmOverlay, OverlayNote, OverlayReport } from '../../core/propose/overlays.ts'
import { placeholderKey } from '../../core/trust/personal-data.ts'
import type { Reader } from '../../storage/database.ts'
import { listDreamMemories } from '../../storage/dream-memories.ts'
import { type DreamSession, insertDreamSessions } from '../../storage/dream-sessions.ts'
import { type Dream, updateDream } from '../../storage/dreams.ts'
import { readLineTaints } from '../../storage/line-taints.ts'
import { readTexts } from '../../storage/memory-states.ts'
import { tellAbout } from '../../storage/new-dream.ts'
import { completeCollection, optionsOf } from '../../storage/overlay-dreams.ts'
import { findOverlayQuotes } from '../../storage/overlay-quotes.ts'
import { listOverlaySessions, listOverlayWrites } from '../../storage/overlays.ts'
import { listRejections } from '../../storage/reviews.ts'
import { readWatch } from '../../storage/watch.ts'
import { refreshPolicies } from '../policies/refresh.ts'
import { insertProposals, judgeProposals } from '../proposals.ts'
import { beat, finish, type StepWork, think } from '../step.ts'

/**
 * The one step of a dream that carries what agents of an experiment wrote into the stores of their arms: proposals of
 * the memory store, judged and reviewed like those of any dream. Nothing is written into the store.
 */
export async function collectOverlays(work: StepWork): Promise<void> {
  const { context, dream } = work
  await beat(work)
  await refreshPolicies(context)
  const read = await context.database.read(async (reader) => {
    const memories = await listDreamMemories(reader, dream.id)
    return {
      memories,
      ...(await readArms(reader, dream)),
      taints: await readLineTaints({ ...reader, hash: context.hash }, dream.inputStoreId, memories),
      rejections: await listRejections(reader, dream.inputStoreId),
      watch: await readWatch(reader, dream, context.clock()),
    }
  })
  const { memories, arms, sessions } = read
  const collected = await think(work, (signal) =>
    context.thinking.collect(
      {
        ...read,
        experimentId: optionsOf(dream).experimentId,
        personalKey: placeholderKey(context.keyring),
      },
      signal,
    ),
  )
  const { changes, secret } = await holdSecrets(work, collected.changes)
  const notes = [...read.redacted, ...collected.notes, ...secret]
  const judged = await judgeProposals(work, { memories, findings: [], changes })
  await beat(work)
  const report = {
    ...countFiles(arms, dream),
    known: collected.known,
    proposals: changes.length,
    notes,
  }
  await finish(work, async (writer) => {
    await insertDreamSessions(writer, dream.id, sessions)
    await insertProposals(writer, work, { changes, memories, judged })
    const heldBack = [...collected.heldBack, ...notes.map(sayNote), ...sayLeftOut(dream)]
    await updateDream(writer, dream.id, {
      status: 'completed',
      mined: report,
      report: describe(dream, { memories, heldBack, changes: changes.length }),
    })
    await completeCollection(writer, dream, {
      proposals: changes.length,
      known: collected.known,
      notes: notes.length,
    })
    await writer.audit({
      action: 'dream.completed',
      objectType: 'dream',
      objectId: dream.id,
      afterHash: context.hash(JSON.stringify(changes)),
    })
    await tellAbout(writer, context, { type: 'dream.completed', id: dream.id })
  })
}

interface Arms {
  readonly arms: readonly ArmOverlay[]
  readonly sessions: readonly DreamSession[]
  readonly redacted: readonly OverlayNote[]
}

/** The texts of the pinned versions, with what is known of who wrote them. */
async function readArms(reader: Reader, dream: Dream): Promise<Arms> {
  const { experimentId, arms } = optionsOf(dream)
  const found: ArmOverlay[] = []
  const redacted: OverlayNote[] = []
  const pinned = new Map<SessionId, DreamSession>()
  for (const { arm, storeId, files } of arms) {
    const texts = await readTexts(
      reader,
      files.flatMap(({ base, now }) => [base ?? [], now ?? []].flat()),
    )
    // A version that was redacted since has no text to compare or to propose.
    const whole = files.filter(({ base, now }) =>
      [base, now].every((id) => id === null || texts.has(id)),
    )
    const reason = 'a version of it was redacted'
    for (const { path } of files.filter((file) => !whole.includes(file))) {
      redacted.push({ kind: 'held_back', arm, path, reason })
    }
    const withTexts = whole.map((file) => ({
      ...file,
      base: file.base === null ? null : (texts.get(file.base) ?? null),
      now: file.now === null ? null : (texts.get(file.now) ?? null),
    }))
    const sessions = await listOverlaySessions(reader, experimentId, arm)
    const quotes = await findOverlayQuotes(reader, sessions, withTexts)
    for (const one of quotes.sessions) pinned.set(one.sessionId, one)
    const writes = await listOverlayWrites(reader, storeId, whole)
    found.push({
      arm,
      storeId,
      sessions: sessions.length,
      files: withTexts.map(({ path, base, now }) => ({
        path,
        base,
        now,
        writes: writes.get(path) ?? [],
        evidence: quotes.evidence.get(path) ?? [],
      })),
    })
  }
  return { arms: found, sessions: [...pinned.values()], redacted }
}

/** A secret is copied nowhere, not even into a proposal. */
async function holdSecrets(
  { context }: StepWork,
  changes: readonly ProposedChange[],
): Promise<{ changes: ProposedChange[]; secret: OverlayNote[] }> {
  const { secrets } = await context.mask(
    changes.map(({ edits }) => ({ text: edits.map(({ after }) => after).join('\n') })),
  )
  const hasSecret = (at: number) => (secrets[at] ?? 0) > 0
  return {
    changes: changes.filter((_, at) => !hasSecret(at)),
    secret: changes
      .filter((_, at) => hasSecret(at))
      .map(({ path }) => ({
        kind: 'held_back',
        arm: '',
        path,
        reason: 'it holds what looks like a secret, which is copied nowhere',
      })),
  }
}

function countFiles(
  arms: readonly ArmOverlay[],
  dream: Dream,
): Pick<OverlayReport, 'arms' | 'files' | 'leftOut'> {
  const pinned = optionsOf(dream).arms
  return {
    files: pinned.reduce((sum, { files }) => sum + files.length, 0),
    leftOut: pinned.reduce((sum, { leftOut }) => sum + leftOut, 0),
    arms: arms.map(({ arm, storeId, sessions, files }) => ({
      arm,
      storeId,
      sessions,
      files: files.length,
    })),
  }
}

const sayNote = ({ path, kind, arm, reason }: OverlayNote) =>
  `${path}: ${kind.replace('_', ' ')}${arm === '' ? '' : ` of arm ${arm}`}: ${reason}.`

const sayLeftOut = (dream: Dream): string[] =>
  optionsOf(dream).arms.flatMap(({ arm, storeId, leftOut }) =>
    leftOut === 0
      ? []
      : [
          `${leftOut} files of arm ${arm} (memory store ${storeId}) were left for the next round: too many or too large for one.`,
        ],
  )

/** In the shape of any dream's report: it read no sessions for patterns and compared none. */
function describe(
  { inputStoreId }: Dream,
  given: {
    readonly memories: readonly Memory[]
    readonly heldBack: readonly string[]
    readonly changes: number
  },
): Omit<DreamReport, 'dreamId'> {
  return {
    inputStoreId,
    outputStoreId: inputStoreId,
    read: {
      sessions: 0,
      steps: 0,
      succeeded: 0,
      failed: 0,
      undecided: 0,
      agents: 0,
      tasks: 0,
      taskTypes: [],
      memories: given.memories.length,
      items: 0,
    },
    families: [],
    paths: [],
    comparedBy: { adjustedFor: 'nothing', taskTypesFrom: 'none', agents: 0, agentAdjusted: false },
    silences: [],
    reconciliation: {
      duplicates: 0,
      supersessions: 0,
      conflicts: [],
      stale: [],
      notAnalysable: [],
    },
    heldBack: given.heldBack,
    findings: 0,
    changes: given.changes,
  }
}
