import type { DreamId, ExperimentId } from '../core/ids.ts'
import type { OverlayReport } from '../core/propose/overlays.ts'
import type { Reader } from './database.ts'
import type { Dream, DreamError } from './dreams.ts'
import { listChangedFiles, listOverlays } from './overlays.ts'

/** What agents of an experiment wrote for themselves, and what became of it. */
export interface OverlayView {
  /** Files that no proposal was made of yet. */
  readonly waiting: number
  /** Dreams that carry it, oldest first. */
  readonly collections: readonly OverlayCollection[]
}

interface OverlayCollection {
  readonly dreamId: DreamId
  readonly status: Dream['status']
  readonly error: DreamError | null
  /** Null until it is complete, and once something in it was erased. */
  readonly report: OverlayReport | null
  readonly createdAt: string
  readonly endedAt: string | null
}

/** Of each experiment there are two; late writes add some. The newest are shown. */
const mostShown = 50

/** Null where no session mounted a store of an arm. */
export async function viewOverlay(reader: Reader, id: ExperimentId): Promise<OverlayView | null> {
  const overlays = await listOverlays(reader, id)
  if (overlays.length === 0) return null
  let waiting = 0
  for (const overlay of overlays) waiting += (await listChangedFiles(reader, overlay)).length
  const rows = await reader.read
    .selectFrom('dreams')
    .select(['id', 'status', 'error', 'mined', 'created_at', 'ended_at'])
    .where('experiment_id', '=', id)
    .orderBy('ordinal', 'desc')
    .limit(mostShown)
    .execute()
  return {
    waiting,
    collections: rows.toReversed().map((row) => ({
      dreamId: row.id,
      status: row.status,
      error: row.error === null ? null : JSON.parse(row.error),
      report: row.mined === null ? null : JSON.parse(row.mined),
      createdAt: row.created_at,
      endedAt: row.ended_at,
    })),
  }
}
