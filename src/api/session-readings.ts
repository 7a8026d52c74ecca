import type { GivenResource } from '../contract/v1/session-resources.ts'
import { DomainError } from '../core/errors.ts'
import { hashContents } from '../core/experiment/contents.ts'
import type { AgentId, MemoryStoreId, SessionId } from '../core/ids.ts'
import type { Metadata } from '../core/metadata.ts'
import { hasText } from '../core/store-state.ts'
import type { Writer } from '../storage/database.ts'
import { findExperimentOfOverlay, findOverlay, insertOverlay } from '../storage/experiment-arms.ts'
import { exposureKey, type NewExposure } from '../storage/exposures.ts'
import { listHeadState } from '../storage/memory-states.ts'
import { findMemoryStore } from '../storage/memory-stores.ts'
import type { ApiContext } from './context.ts'
import {
  carryOutPlan,
  movedOn,
  planReading,
  type ReadingPlan,
  type ReadingRequest,
} from './reading-plan.ts'

export interface SessionReadings {
  /** Where a store is under experiment, the arm's own store in its place. */
  readonly resources: readonly GivenResource[]
  /** To be stored once the session is. */
  readonly exposures: readonly NewExposure[]
  /** With the exposures of experiments named in it, as far as there is room. */
  readonly metadata: Metadata
}

interface NewReader {
  readonly sessionId: SessionId
  readonly agentId: AgentId
  readonly resources: readonly GivenResource[]
  readonly metadata: Metadata
}

/**
 * What a new session reads of each store that it mounts. Under an experiment it gets the store of its arm: it reads
 * the arm's version and what sessions of the same arm wrote, and no other arm ever sees what it writes.
 */
export async function readForSession(
  writer: Writer,
  context: ApiContext,
  given: NewReader,
): Promise<SessionReadings> {
  const resources: GivenResource[] = []
  const exposures: NewExposure[] = []
  for (const resource of given.resources) {
    const read =
      resource.type === 'memory_store'
        ? await readStore(writer, context, { ...given, resource })
        : null
    resources.push(read?.resource ?? resource)
    if (read) exposures.push(read.exposure)
  }
  return { resources, exposures, metadata: nameExposures(given.metadata, exposures) }
}

type StoreResource = Extract<GivenResource, { type: 'memory_store' }>

/** Null: there is no such store, or it is archived; whoever mounts it says so. */
async function readStore(
  writer: Writer,
  context: ApiContext,
  given: NewReader & { readonly resource: StoreResource },
): Promise<{ resource: StoreResource; exposure: NewExposure } | null> {
  const { resource, sessionId } = given
  const storeId = resource.memory_store_id as MemoryStoreId
  const store = await findMemoryStore(writer, storeId)
  if (!store || store.archivedAt !== null) return null
  const owner = await findExperimentOfOverlay(writer, storeId)
  if (owner !== null) throw refuseOverlay(storeId, owner)
  const office = { keyring: context.keyring, now: context.clock() }
  const request = describeReader(given, storeId)
  const plan = await planReading(writer, office, request)
  const { documents, contentHash } = plan
  const withholding = { documents, contentHash, log: null, eligible: [] }
  const id = context.newId('expo')
  const made = await carryOutPlan(writer, office, { id, plan, request, withholding })
  if (!made) throw movedOn(storeId)
  const mounted = await chooseStore(writer, context, { plan, storeId })
  if (mounted === storeId) return { resource, exposure: { ...made, sessionId } }
  const standing = (await listHeadState(writer, mounted)).filter(hasText)
  const read = hashContents(standing, writer.hash)
  return {
    resource: { ...resource, memory_store_id: mounted },
    exposure: { ...made, sessionId, contentHash: read },
  }
}

async function chooseStore(
  writer: Writer,
  context: ApiContext,
  { plan, storeId }: { readonly plan: ReadingPlan; readonly storeId: MemoryStoreId },
): Promise<MemoryStoreId> {
  const { experiment, arm, source } = plan
  if (!experiment || arm === null || source === 'store') return storeId
  const ref = { experimentId: experiment.id, arm }
  const known = await findOverlay(writer, ref)
  if (known !== null) return known
  const overlayId = context.newId('memstore')
  return insertOverlay(writer, { ...ref, overlayId, storeId }, plan.documents)
}

/** What callers may say of a session that the wire has no field for. */
const taskTypeKey = 'lucidream.task_type'
const principalKey = 'lucidream.principal'

/** Where units are persons or agents, the principal if one is named, else the agent. */
function describeReader(
  { sessionId, agentId, metadata }: NewReader,
  storeId: MemoryStoreId,
): ReadingRequest {
  const principal = metadata[principalKey] ?? null
  return {
    storeId,
    unit: sessionId,
    actor: principal ?? agentId,
    taskType: metadata[taskTypeKey] ?? null,
    principal,
    sessionId: null,
    via: 'session',
  }
}

const mostPairs = 16

function nameExposures(metadata: Metadata, exposures: readonly NewExposure[]): Metadata {
  const ids = exposures.filter(({ unitOrdinal }) => unitOrdinal !== null).map(({ id }) => id)
  const isFull = Object.keys(metadata).length >= mostPairs && !(exposureKey in metadata)
  // The exposure names its session anyway; a caller's own pairs are not pushed out.
  if (ids.length === 0 || isFull) return metadata
  return { ...metadata, [exposureKey]: ids.slice(0, 16).join(',') }
}

const refuseOverlay = (storeId: MemoryStoreId, experimentId: string) =>
  new DomainError(
    'invalid_argument',
    `resources: memory store ${storeId} belongs to one arm of experiment ${experimentId}; mount the store that the experiment is about, and the coin decides.`,
  )
