import { createHmac } from 'node:crypto'
import { DomainError } from '../core/errors.ts'
import { blockAt, isWashedOut } from '../core/experiment/blocks.ts'
import { hashContents } from '../core/experiment/contents.ts'
import type { Mac } from '../core/experiment/toss.ts'
import { type ItemRef, withholdItems } from '../core/experiment/withheld-items.ts'
import type { ExposureId, Hash, MemoryStoreId, SessionId } from '../core/ids.ts'
import type { Keyring } from '../core/keyring.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { defaultWorkspace, type Reader, type Writer } from '../storage/database.ts'
import { findLiveExperiment, listChangeStates, readArm } from '../storage/experiment-arms.ts'
import { assignUnit, foreseeArm } from '../storage/experiment-units.ts'
import type { Experiment } from '../storage/experiments.ts'
import type { NewExposure, WithheldLog } from '../storage/exposures.ts'
import { listMemories } from '../storage/memories.ts'
import { findWithholding, insertFrame } from '../storage/withholding.ts'

export interface ReadingRequest {
  readonly storeId: MemoryStoreId
  /** Who reads: the session, and who works in it, by the caller's names. Blocks and workspaces name themselves. */
  readonly unit: string
  readonly actor: string
  /** The type of task, as far as it is known before. */
  readonly taskType: string | null
  readonly principal: string | null
  readonly sessionId: SessionId | null
  readonly via: NewExposure['via']
}

/** What a unit would read now; nothing is written yet. */
export interface ReadingPlan {
  readonly experiment: Experiment | null
  readonly unit: string
  readonly washout: 0 | 1
  /** Null: nobody is assigned, and the store is read as it is. */
  readonly arm: string | null
  readonly documents: readonly MemoryDocument[]
  /** Of `documents`. */
  readonly contentHash: string
  /** Whether `documents` are the arm's own version, and not the store as it stands. */
  readonly source: 'arm' | 'store'
}

type PlanReader = Reader & { readonly hash: Hash }

export interface PlanOffice {
  readonly keyring: Keyring
  readonly now: number
}

/** Decides by the running experiment what a unit reads, as it would be right now. */
export async function planReading(
  reader: PlanReader,
  { keyring, now }: PlanOffice,
  request: ReadingRequest,
): Promise<ReadingPlan> {
  const { storeId } = request
  const experiment = await findLiveExperiment(reader, storeId)
  if (!experiment) return { ...(await readStore(reader, storeId)), ...plain(request), experiment }
  const unit = nameUnit(experiment, request, now)
  const washout = experiment.unit === 'block' && isWashedOut(now) ? 1 : 0
  const mac = macOf(keyring, experiment)
  const arm = await foreseeArm(reader, { experiment, unit, mac })
  const asStore = async (chosen: string | null) =>
    ({ ...(await readStore(reader, storeId)), experiment, unit, washout, arm: chosen }) as const
  if (arm === null || isPromoted(experiment, arm)) return asStore(arm)
  const documents = await readArm(reader, experiment, arm)
  // A version that was redacted meanwhile is not what the arm was: nobody is assigned to something else.
  if (documents === null) return asStore(null)
  const contentHash = hashContents(documents, reader.hash)
  return { experiment, unit, washout, arm, documents, contentHash, source: 'arm' }
}

const plain = ({ unit }: ReadingRequest) => ({ unit, washout: 0, arm: null }) as const

async function readStore(reader: PlanReader, storeId: MemoryStoreId) {
  const memories = await listMemories(reader, storeId)
  const documents = memories.map(({ path, content, contentSha256 }) => ({
    path,
    content,
    contentSha256,
  }))
  const contentHash = hashContents(documents, reader.hash)
  return { documents, contentHash, source: 'store' } as const
}

/** Once promoted, whoever reads all of it reads the store itself, with what was written since. */
const isPromoted = (experiment: Experiment, arm: string) =>
  experiment.state === 'promoted' &&
  listChangeStates(experiment).every((state, at) => state === 'closed' || arm[at] === '1')

function nameUnit({ unit: kind }: Experiment, request: ReadingRequest, now: number): string {
  if (kind === 'block') return blockAt(now).unit
  if (kind === 'workspace') return defaultWorkspace
  return kind === 'actor' ? request.actor : request.unit
}

function macOf(keyring: Keyring, { salt }: Experiment): Mac {
  const secret = keyring.unseal('experiment', salt)
  return (message) => createHmac('sha256', secret).update(message).digest()
}

export interface Withholding {
  readonly documents: readonly MemoryDocument[]
  readonly contentHash: string
  readonly log: WithheldLog | null
  readonly eligible: readonly ItemRef[]
}

/** Leaves out items by chance where the store asks for it (spec C.9). */
export async function withhold(
  reader: PlanReader,
  keyring: Keyring,
  { plan, storeId }: { readonly plan: ReadingPlan; readonly storeId: MemoryStoreId },
): Promise<Withholding> {
  const { documents, contentHash, unit } = plan
  const settings = await findWithholding(reader, storeId)
  if (!settings) return { documents, contentHash, log: null, eligible: [] }
  const mac: Mac = (message) => Buffer.from(keyring.sign('withholding', message), 'hex')
  const left = withholdItems(documents, { unit, settings, mac, hash: reader.hash })
  return {
    documents: left.documents,
    contentHash: hashContents(left.documents, reader.hash),
    log: { share: settings.share, frame: contentHash, items: left.withheld },
    eligible: left.eligible,
  }
}

export interface PlannedExposure {
  readonly id: ExposureId
  readonly plan: ReadingPlan
  readonly request: ReadingRequest
  readonly withholding: Withholding
}

/**
 * Assigns the unit as it was planned, in the transaction that will hold its exposure. Null, with nothing written,
 * where the experiment moved on meanwhile: plan again.
 */
export async function carryOutPlan(
  writer: Writer,
  { keyring, now }: PlanOffice,
  { id, plan, request, withholding }: PlannedExposure,
): Promise<NewExposure | null> {
  const { arm, unit, washout } = plan
  const { storeId, principal, taskType, sessionId, via } = request
  const experiment = await findLiveExperiment(writer, storeId)
  if (experiment?.id !== plan.experiment?.id || experiment?.state !== plan.experiment?.state)
    return null
  const reading = { id, storeId, unit, taskType, washout, sessionId, via }
  const log = withholding.log
  if (log)
    await insertFrame(writer, { storeId, contentHash: log.frame, items: withholding.eligible })
  const shown = { contentHash: withholding.contentHash, withheld: log }
  const experimentId = experiment?.id ?? null
  if (!experiment || arm === null) {
    return { ...reading, ...shown, experimentId, unitOrdinal: null, arm: null }
  }
  const mac = macOf(keyring, experiment)
  if (experiment.unit === 'block' && blockAt(now).unit !== unit) return null
  if ((await foreseeArm(writer, { experiment, unit, mac })) !== arm) return null
  const stratum = taskType ?? unknownStratum
  const assigned = await assignUnit(writer, { experiment, unit, stratum, principal, mac })
  if (!assigned) return null
  return { ...reading, ...shown, experimentId, unitOrdinal: assigned.ordinal, arm }
}

/** A type of task that nobody named. */
const unknownStratum = 'unknown'

export const movedOn = (storeId: MemoryStoreId) =>
  new DomainError(
    'database_busy',
    `The experiment over memory store ${storeId} changed while it was read; try again.`,
  )
