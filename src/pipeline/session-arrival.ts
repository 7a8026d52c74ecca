import type { SessionId } from '../core/ids.ts'
import type { OutcomeSignal } from '../core/outcome/signal.ts'
import type { Session, SessionEvent } from '../core/session.ts'
import { isErasedKey } from '../core/trust/erasure.ts'
import type { RawRecord } from '../importers/importer.ts'
import { insertImportedAgent } from '../storage/agents.ts'
import type { Writer } from '../storage/database.ts'
import { wakeExperiments } from '../storage/experiment-rounds.ts'
import { linkExposures } from '../storage/exposures.ts'
import { insertOutcomeSignals } from '../storage/outcome-signals.ts'
import { findSession, insertSession, updateSession } from '../storage/sessions.ts'
import {
  appendEvents,
  appendRawRecords,
  beginTranscript,
  completeTranscript,
  discardTranscript,
} from '../storage/transcripts.ts'
import { toOutbox } from '../storage/webhook-deliveries.ts'
import type { Context } from './context.ts'

/** A session that was read to its end. Its events are here, or in a staged transcript when it was large. */
export interface Arrival {
  readonly session: Session
  readonly transcriptHash: string
  readonly eventCount: number
  readonly events: readonly SessionEvent[]
  readonly records: readonly RawRecord[]
  readonly transcriptId: number | null
  readonly outcomes: readonly OutcomeSignal[]
}

type Fate = 'added' | 'replaced' | 'unchanged' | 'shorter'

/** Stores sessions in one transaction: all of them with their audit records, or none. */
export async function storeArrivals(
  context: Context,
  importer: string,
  arrivals: readonly Arrival[],
): Promise<Record<Fate, number>> {
  const fates = { added: 0, replaced: 0, unchanged: 0, shorter: 0 }
  await context.database.write({ type: 'importer', id: importer }, async (writer) => {
    await storeAgents(writer, arrivals)
    const told: SessionId[] = []
    for (const arrival of arrivals) {
      const fate = await storeArrival(writer, context, arrival)
      fates[fate] += 1
      const stored = await findSession(writer, arrival.session.id)
      if (!stored || !isErasedKey(stored.session.key)) {
        const added = await storeOutcomes(writer, arrival.outcomes)
        if (added > 0 || fate === 'added' || fate === 'replaced') told.push(arrival.session.id)
      }
    }
    await wakeExperiments(writer, toOutbox(context), { sessions: told })
  })
  return fates
}

/** An agent that no session named before gets a row, so that it can be asked for like any other. */
async function storeAgents(writer: Writer, arrivals: readonly Arrival[]) {
  const agents = new Map(arrivals.map(({ session: { agent } }) => [JSON.stringify(agent), agent]))
  for (const agent of agents.values()) {
    const made = await insertImportedAgent(writer, agent)
    if (!made) continue
    await writer.audit({ action: 'agent.created', objectType: 'agent', objectId: made.id })
  }
}

/**
 * Sources upload a growing session again and again. The longer transcript wins; an equal one changes
 * nothing; the shorter one is left out. What was replaced stays stored as superseded.
 */
async function storeArrival(writer: Writer, context: Context, arrival: Arrival): Promise<Fate> {
  const { session, transcriptHash, eventCount } = arrival
  const known = await findSession(writer, session.id)
  // Whoever was erased is not taken in again by the next upload of the same file.
  if (known && isErasedKey(known.session.key)) {
    await discard(writer, arrival)
    return 'unchanged'
  }
  if (known && known.transcriptHash === transcriptHash) {
    await discard(writer, arrival)
    return refresh(writer, context, { known: known.session, arrived: session })
  }
  if (known && eventCount < known.eventCount) {
    await discard(writer, arrival)
    return 'shorter'
  }
  const transcriptId = arrival.transcriptId ?? (await stage(writer, context.owner, arrival))
  await completeTranscript(writer, {
    sessionId: session.id,
    transcriptId,
    transcriptHash,
    eventCount,
  })
  if (known) await updateSession(writer, session)
  else await insertSession(writer, session, transcriptId)
  await linkExposures(writer, toOutbox(context), { ...session, metadata: {} })
  await writer.audit({
    action: known ? 'session.replaced' : 'session.imported',
    objectType: 'session',
    objectId: session.id,
    beforeHash: known?.transcriptHash ?? null,
    afterHash: transcriptHash,
  })
  return known ? 'replaced' : 'added'
}

/** The same transcript may come with better knowledge of itself: a task map, a title. */
async function refresh(
  writer: Writer,
  context: Context,
  { known, arrived }: { readonly known: Session; readonly arrived: Session },
): Promise<Fate> {
  if (JSON.stringify(known) === JSON.stringify(arrived)) return 'unchanged'
  await updateSession(writer, arrived)
  await linkExposures(writer, toOutbox(context), { ...arrived, metadata: {} })
  await writer.audit({ action: 'session.updated', objectType: 'session', objectId: arrived.id })
  return 'replaced'
}

async function stage(writer: Writer, owner: string, { session, events, records }: Arrival) {
  const transcriptId = await beginTranscript(writer, { sessionId: session.id, owner })
  await appendEvents(writer, transcriptId, events)
  await appendRawRecords(writer, transcriptId, records)
  return transcriptId
}

async function discard(writer: Writer, { transcriptId }: Arrival) {
  if (transcriptId !== null) await discardTranscript(writer, transcriptId)
}

async function storeOutcomes(writer: Writer, outcomes: readonly OutcomeSignal[]): Promise<number> {
  const added = await insertOutcomeSignals(writer, outcomes)
  for (const signal of added) {
    await writer.audit({
      action: 'outcome_signal.recorded',
      objectType: 'outcome_signal',
      objectId: signal.id,
    })
  }
  return added.length
}
