import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import type { ExposureId, SessionId } from '../core/ids.ts'
import type { Reader } from '../storage/database.ts'
import { wakeExperiments } from '../storage/experiment-rounds.ts'
import { confirmExposure, listUnlinked } from '../storage/exposures.ts'
import { cutNextSession, endCutting, listTouchedSignals } from '../storage/session-keys.ts'
import { findSession } from '../storage/sessions.ts'
import { rejoinSignals } from '../storage/signal-joins.ts'
import { toOutbox } from '../storage/webhook-deliveries.ts'
import type { Context } from './context.ts'

const actor = { type: 'service_account', id: 'joins' } as const
const pollMs = 500

/**
 * Cuts the keys of every session that waits and joins the signals that knew it before it came, a session at a
 * time: killed anywhere, the session waits still. Answers how many signals are joined otherwise than before.
 */
export async function joinPending(context: Context): Promise<number> {
  const { database, signal } = context
  let changed = 0
  while (!signal.aborted) {
    const cut = await database.scratch(cutNextSession)
    if (cut === null) break
    if (cut.end !== null) {
      changed += await joinSession(context, cut.sessionId)
      const { sessionId, end } = cut
      await database.scratch((scratch) => endCutting(scratch, { sessionId, end }))
    }
    await breathe()
  }
  return changed
}

/**
 * Looks inside the write, though most sessions touch no signal and change nothing: keys are cut outside of it, so a signal
 * that is being stored meanwhile may not know them, and whoever looked before it was stored would not know the signal.
 */
function joinSession(context: Context, id: SessionId): Promise<number> {
  return context.database.write(actor, async (writer) => {
    for (const exposure of await listNamedExposures(writer, id)) {
      await confirmExposure(writer, toOutbox(context), { id: exposure, sessionId: id })
    }
    const changed = await rejoinSignals(writer, await listTouchedSignals(writer, id))
    if (changed.length === 0) return 0
    await wakeExperiments(writer, toOutbox(context), { signals: changed })
    await writer.audit({
      action: 'outcome_signal.joined',
      objectType: 'session',
      objectId: id,
      reason: `${changed.length} signals`,
    })
    return changed.length
  })
}

/**
 * Those that the session names and that are nobody's yet: its metadata, or the exposure, may have come after it did. What
 * it mounts is its own from the start, and whether that stood in context its harness has to say.
 */
async function listNamedExposures(reader: Reader, id: SessionId): Promise<ExposureId[]> {
  const stored = await findSession(reader, id)
  if (!stored || stored.deletedAt !== null) return []
  const { session, metadata } = stored
  return listUnlinked(reader, { id, labels: session.labels, metadata })
}

/** One round of the worker. */
export async function keepJoined(context: Context): Promise<void> {
  await joinPending(context)
  await sleep(pollMs, undefined, { signal: context.signal })
}
