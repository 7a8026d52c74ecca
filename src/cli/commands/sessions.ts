import type { SessionDocument, SessionsDocument } from '../../contract/sessions.ts'
import { DomainError } from '../../core/errors.ts'
import type { SessionId } from '../../core/ids.ts'
import { sessionOutcome } from '../../core/outcome/signal.ts'
import { eventText, type SessionEvent } from '../../core/session.ts'
import type { Reader } from '../../storage/database.ts'
import { listOutcomeSignals } from '../../storage/outcome-signals.ts'
import { streamEvents } from '../../storage/session-events.ts'
import {
  countSessions,
  findSession,
  listSessions,
  type SessionFilter,
  type StoredSession,
} from '../../storage/sessions.ts'
import { toSessionSummary } from '../documents.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { cutText, layTable, plural, showForeign, wrapText } from '../text.ts'

export interface SessionsOptions extends GlobalOptions {
  readonly limit?: number
  readonly agent?: string
  readonly format?: string
  readonly taskType?: string
}

export function runSessions(invocation: Invocation, options: SessionsOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { limit = 20, agent, format, taskType } = options
    const filter: SessionFilter = {
      ...(agent === undefined ? {} : { agentName: agent }),
      ...(format === undefined ? {} : { format }),
      ...(taskType === undefined ? {} : { taskType }),
    }
    const { total, data } = await context.database.read(async (reader) => ({
      total: await countSessions(reader, filter),
      data: await summarise(reader, (await listSessions(reader, { filter, limit })).sessions),
    }))
    const document: SessionsDocument = { version: 1, kind: 'sessions', total, data }
    invocation.print(document, () => renderSessions(document, invocation))
    return exitCodes.ok
  })
}

async function summarise(reader: Reader, stored: readonly StoredSession[]) {
  const ids = stored.map(({ session }) => session.id)
  const signals = Map.groupBy(await listOutcomeSignals(reader, ids), (one) => one.sessionId)
  return stored.map((one) =>
    toSessionSummary(one, sessionOutcome(signals.get(one.session.id) ?? [])),
  )
}

function renderSessions({ data, total }: SessionsDocument, { columns }: Invocation): string[] {
  if (total === 0) return ['No sessions yet; import some with `lucidream import PATH`.']
  const rows = data.map((one) => [
    one.id.slice(0, 13),
    one.agent.model ?? one.agent.name,
    one.task_id ?? one.task_type ?? '',
    one.outcome,
    one.events,
    showForeign(one.title ?? ''),
  ])
  const lines = layTable([['id', 'agent', 'task', 'outcome', 'events', 'title'], ...rows])
  const more = total - data.length
  return [
    ...lines.map((line) => cutText(line, columns)),
    ...(more > 0
      ? [`… and ${plural(more, 'more session')}; --limit ${total} shows all of them`]
      : []),
  ]
}

/** One session with its events, as they would be on the wire. */
export function runSession(
  invocation: Invocation,
  id: string,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { stored, summary, events } = await context.database.read(async (reader) => {
      const found = await findByPrefix(reader, id)
      const list: SessionEvent[] = []
      for await (const page of streamEvents(reader, found.session.id)) list.push(...page)
      const [one] = await summarise(reader, [found])
      return { stored: found, summary: one, events: list }
    })
    if (!summary) throw new DomainError('not_found', `There is no session ${id}.`)
    const document: SessionDocument = {
      version: 1,
      kind: 'session',
      session: summary,
      events: events.map((event) => ({
        id: event.id,
        processed_at: event.processedAt,
        ...event.body,
      })),
    }
    invocation.print(document, () => [
      `${stored.session.id}  ${showForeign(stored.session.key)}`,
      '',
      ...events.flatMap((event) => renderEvent(event, invocation)),
    ])
    return exitCodes.ok
  })
}

async function findByPrefix(reader: Reader, id: string): Promise<StoredSession> {
  const exact = await findSession(reader, id as SessionId)
  if (exact) return exact
  const found: StoredSession[] = []
  let after: Awaited<ReturnType<typeof listSessions>>['next'] = null
  do {
    const page = await listSessions(reader, { limit: 1_000, ...(after ? { after } : {}) })
    found.push(...page.sessions.filter(({ session }) => session.id.startsWith(id)))
    after = page.next
  } while (after)
  const [only] = found
  if (!only) throw new DomainError('not_found', `There is no session ${id}.`)
  if (found.length === 1) return only
  throw new DomainError(
    'invalid_argument',
    `${id} is the beginning of ${found.length} sessions; give more of the id.`,
  )
}

function renderEvent({ body, branch }: SessionEvent, { colours, columns }: Invocation): string[] {
  const text = showForeign(eventText(body))
  const name = branch === 'abandoned' ? `${body.type} (abandoned)` : body.type
  const failed = 'is_error' in body && body.is_error
  const label = failed ? colours.red(`${name} error`) : colours.bold(name)
  return [label, ...(text === '' ? [] : wrapText(text, { columns, first: '  ', rest: '  ' }))]
}
