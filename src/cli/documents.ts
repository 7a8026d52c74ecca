import type { DreamDocument } from '../contract/dream.ts'
import type { ImportDocument } from '../contract/import.ts'
import type { SessionsDocument } from '../contract/sessions.ts'
import type { SessionOutcome } from '../core/outcome/signal.ts'
import { presentDream } from '../core/present/dream.ts'
import type { DreamReport } from '../core/present/dream-report.ts'
import { presentImport } from '../core/present/import.ts'
import type { ImportReport } from '../core/present/import-report.ts'
import type { StoredSession } from '../storage/sessions.ts'

/** Rows and reports in the shape of the contract, one function a noun. */
export function toImportDocument(report: ImportReport): ImportDocument {
  return { version: 1, kind: 'import', ...presentImport(report) }
}

type SessionSummary = SessionsDocument['data'][number]

export function toSessionSummary(
  stored: StoredSession,
  { success }: SessionOutcome,
): SessionSummary {
  const { session, eventCount } = stored
  return {
    id: session.id,
    key: session.key,
    format: session.format,
    agent: session.agent,
    task_type: session.task.type,
    task_id: session.task.id,
    title: session.title,
    status: session.status,
    started_at: session.startedAt,
    ended_at: session.endedAt,
    events: eventCount,
    outcome: success === null ? 'undecided' : success ? 'success' : 'failure',
  }
}

export interface DreamExtras {
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[]
  readonly writtenTo: string | null
}

export function toDreamDocument(report: DreamReport, extras: DreamExtras): DreamDocument {
  return {
    version: 1,
    kind: 'dream',
    ...presentDream(report),
    left_out: extras.leftOut.map((one) => ({ ...one })),
    written_to: extras.writtenTo,
  }
}
