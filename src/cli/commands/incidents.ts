import type { IncidentDocument } from '../../contract/lucid/incidents.ts'
import { DomainError } from '../../core/errors.ts'
import type { FileId, SessionId } from '../../core/ids.ts'
import { presentIncidentReport } from '../../core/present/incident.ts'
import type { IncidentSource } from '../../core/trust/incident.ts'
import {
  carryOutIncident,
  type IncidentKind,
  type IncidentReport,
  planIncident,
} from '../../storage/incidents.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { plural, showForeign } from '../text.ts'

export interface IncidentOptions extends GlobalOptions {
  readonly session?: readonly string[]
  readonly principal?: string
  readonly tool?: string
  readonly file?: string
  readonly reason: string
  readonly dryRun?: boolean
}

const operator = { type: 'user', id: 'cli' } as const

/** Retires (`revocation`) or purges (`erasure`) everything that stands on a source. */
export function runIncident(
  invocation: Invocation,
  kind: IncidentKind,
  options: IncidentOptions,
): Promise<number> {
  const source = readSource(options)
  return withData(invocation, options, async ({ context }) => {
    const dryRun = options.dryRun === true
    const id = context.newId('incd')
    const report = dryRun
      ? await context.database.read((reader) => planIncident(reader, { kind, source }))
      : await context.database.write(operator, async (writer) => {
          const outbox = toOutbox(context)
          const given = { id, kind, source, reason: options.reason, outbox }
          return (await carryOutIncident(writer, given)).report
        })
    const document: IncidentDocument = {
      version: 1,
      kind,
      id: dryRun ? null : id,
      dry_run: dryRun,
      report: presentIncidentReport(report),
    }
    invocation.print(document, () => describe(report, dryRun))
    return exitCodes.ok
  })
}

/** Exactly one of the four. */
function readSource({ session, principal, tool, file }: IncidentOptions): IncidentSource {
  const named: IncidentSource[] = []
  if (session !== undefined) named.push({ type: 'sessions', ids: session as SessionId[] })
  if (principal !== undefined) named.push({ type: 'principal', name: principal })
  if (tool !== undefined) named.push({ type: 'tool', name: tool })
  if (file !== undefined) named.push({ type: 'file', id: file as FileId })
  const [source] = named
  if (source && named.length === 1) return source
  throw new DomainError(
    'invalid_argument',
    'Name one source: --session, --principal, --tool or --file.',
  )
}

function describe(report: IncidentReport, dryRun: boolean): string[] {
  return [
    `${dryRun ? 'Would touch' : 'Touched'} ${plural(report.sessions, 'session')}, ${plural(report.findings, 'finding')}, ${plural(report.changes, 'change')}.`,
    ...report.memories.map(
      ({ storeId, path, lines, how }) =>
        `  ${showForeign(path)} of ${storeId}: ${plural(lines, 'line')} out, ${how}`,
    ),
    ...(report.redactedVersions === 0
      ? []
      : [`  ${plural(report.redactedVersions, 'former memory version')} redacted`]),
    ...(report.dreams.length === 0
      ? []
      : [
          `The figures of ${plural(report.dreams.length, 'dream')} count the sessions still; dream again.`,
        ]),
  ]
}
