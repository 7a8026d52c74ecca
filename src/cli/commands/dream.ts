import { basename, dirname, join, resolve } from 'node:path'
import type { Actor } from '../../core/audit/record.ts'
import { DomainError } from '../../core/errors.ts'
import type { DreamReport } from '../../core/present/dream-report.ts'
import { dream } from '../../pipeline/dream.ts'
import { readMemoryFolder } from '../../pipeline/memory-folder.ts'
import { mirrorFolder, openDefaultStore } from '../../pipeline/memory-store.ts'
import { refreshPolicies } from '../../pipeline/policies/refresh.ts'
import { refuseInside, writeProposal } from '../../pipeline/proposal-folder.ts'
import { listChanges } from '../../storage/changes.ts'
import { listFindings } from '../../storage/findings.ts'
import { listMemories } from '../../storage/memories.ts'
import type { SessionFilter } from '../../storage/sessions.ts'
import { toDreamDocument } from '../documents.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { renderDream } from '../report/dream.ts'
import type { Opened } from '../surroundings.ts'

export interface DreamOptions extends GlobalOptions {
  readonly memory?: string
  readonly since?: string
  readonly agent?: string
  readonly taskType?: string
  readonly out?: string
}

export function runDream(invocation: Invocation, options: DreamOptions): Promise<number> {
  return withData(invocation, options, (opened) => dreamOver(invocation, opened, options))
}

const operator: Actor = { type: 'user', id: 'cli' }

export async function dreamOver(
  invocation: Invocation,
  { context }: Opened,
  options: DreamOptions,
): Promise<number> {
  await refreshPolicies(context)
  const folder = options.memory ? await readMemoryFolder(options.memory, context.hash) : null
  const out = options.out ?? chooseOut(invocation, options)
  if (folder) refuseInside(out, folder.root)
  const storeId = folder
    ? await mirrorFolder(context, folder, operator)
    : await openDefaultStore(context, operator)
  const request = { storeId, filter: toFilter(options, context.clock()), actor: operator }
  const { report, repeated } = await dream(context, request, invocation.progress.report)
  invocation.progress.end()
  if (repeated) {
    invocation.note(
      `Nothing new since dream ${report.dreamId}: same memory, sessions and outcomes. Its result:`,
    )
  }
  const writtenTo = await writeOut(context.database, report, out)
  const leftOut = folder?.leftOut ?? []
  const flags = options.data === undefined ? '' : ` --data ${options.data}`
  const rows = await context.database.read(async (reader) => ({
    findings: await listFindings(reader, report.dreamId),
    changes: await listChanges(reader, report.dreamId),
  }))
  invocation.print(toDreamDocument(report, { leftOut, writtenTo }), () =>
    renderDream({ report, ...rows, leftOut, writtenTo, flags }, invocation),
  )
  return exitCodes.ok
}

/** Beside the memory folder, never in it; without one, in the data folder. */
function chooseOut({ surroundings }: Invocation, { memory, data }: DreamOptions): string {
  if (!memory) return join(data ?? surroundings.dataDirectory, 'proposals')
  const path = resolve(memory)
  return join(dirname(path), `${basename(path)}.proposals`)
}

async function writeOut(
  database: Opened['context']['database'],
  { dreamId, inputStoreId, outputStoreId, changes }: DreamReport,
  out: string,
): Promise<string | null> {
  if (changes === 0) return null
  const { before, after } = await database.read(async (reader) => ({
    before: await listMemories(reader, inputStoreId),
    after: await listMemories(reader, outputStoreId),
  }))
  return writeProposal(out, { dreamId, before, after })
}

function toFilter({ since, agent, taskType }: DreamOptions, now: number): SessionFilter {
  return {
    ...(since === undefined ? {} : { since: parseSince(since, now) }),
    ...(agent === undefined ? {} : { agentName: agent }),
    ...(taskType === undefined ? {} : { taskType }),
  }
}

const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** A date, a time, or how long ago: `2026-11-01`, `2026-11-01T08:00:00Z`, `7d`, `12h`. */
export function parseSince(text: string, now: number): string {
  const ago = /^(\d{1,6})([mhdw])$/.exec(text)
  if (ago) return new Date(now - Number(ago[1]) * units[ago[2] as keyof typeof units]).toISOString()
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(ms)) return new Date(ms).toISOString()
  throw new DomainError(
    'invalid_argument',
    `--since ${text}: give a date (2026-11-01), a time (2026-11-01T08:00:00Z) or an age (30m, 12h, 7d, 2w).`,
  )
}
