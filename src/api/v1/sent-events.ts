import type { SentEvent } from '../../contract/v1/session-events.ts'
import { DomainError } from '../../core/errors.ts'
import type { EventId } from '../../core/ids.ts'
import type { Writer } from '../../storage/database.ts'
import { getEnvironment } from '../../storage/environments.ts'
import { listEventTypes } from '../../storage/event-pages.ts'
import type { LiveEventBody, NewSessionEvent } from '../../storage/live-events.ts'
import type { StoredSession } from '../../storage/sessions.ts'
import type { ApiContext } from '../context.ts'
import { nameThread } from './primary-thread.ts'
import { noRuntime } from './session-creation.ts'

/** What would make a model run is refused before anything else is looked at. */
export function refuseRuns(events: readonly SentEvent[]): void {
  const asking = events.find(
    ({ type }) => type === 'user.message' || type === 'user.define_outcome',
  )
  if (asking) throw noRuntime(asking.type)
}

/** The events as they are stored, after every rule that the session itself decides. */
export async function checkSentEvents(
  writer: Writer,
  context: ApiContext,
  { stored, events }: { readonly stored: StoredSession; readonly events: readonly SentEvent[] },
): Promise<NewSessionEvent[]> {
  const { session, isLive, archivedAt } = stored
  if (!isLive) throw refused(`session ${session.id} was imported and will never run again.`)
  if (archivedAt !== null || session.status === 'terminated') {
    throw refused(`session ${session.id} is terminated.`)
  }
  refuseMisplaced(events)
  await refuseForeignTools(writer, stored, events)
  for (const event of events) {
    if (event.type !== 'user.interrupt' || !event.session_thread_id) continue
    if (event.session_thread_id === nameThread(context.hash, session.id)) continue
    throw refused(`session_thread_id: session ${session.id} has no thread of that id.`)
  }
  const isBusy = session.status === 'running' || session.status === 'rescheduling'
  return events.map((event) => ({
    body: event as unknown as LiveEventBody,
    ...(waits(event, isBusy) ? { processedAt: null } : {}),
  }))
}

/** Results take effect on receipt; an interrupt waits for what runs, and of nothing it is done at once. */
function waits({ type }: SentEvent, isBusy: boolean): boolean {
  if (type === 'user.tool_result' || type === 'user.custom_tool_result') return false
  return type === 'user.interrupt' ? isBusy : true
}

/** At most one system message, the last of its batch, right after the event that it goes with. */
function refuseMisplaced(events: readonly SentEvent[]): void {
  const place = events.findIndex(({ type }) => type === 'system.message')
  if (place === -1) return
  const before = events[place - 1]?.type
  const follows = before === 'user.tool_result' || before === 'user.custom_tool_result'
  if (place === events.length - 1 && follows) return
  throw refused(
    'system.message: at most one, last in the batch, right after the user message or tool result that it goes with.',
  )
}

const answeredBy = {
  'user.tool_confirmation': ['agent.tool_use', 'agent.mcp_tool_use'],
  'user.custom_tool_result': ['agent.custom_tool_use'],
  'user.tool_result': ['agent.tool_use'],
} as const

interface Answer {
  readonly type: keyof typeof answeredBy
  readonly id: EventId
}

function toAnswer(event: SentEvent): Answer[] {
  if (event.type === 'user.custom_tool_result') {
    return [{ type: event.type, id: event.custom_tool_use_id as EventId }]
  }
  if (event.type !== 'user.tool_result' && event.type !== 'user.tool_confirmation') return []
  return [{ type: event.type, id: event.tool_use_id as EventId }]
}

async function refuseForeignTools(
  writer: Writer,
  stored: StoredSession,
  events: readonly SentEvent[],
): Promise<void> {
  const answers = events.flatMap(toAnswer)
  if (answers.some(({ type }) => type === 'user.tool_result')) await refuseCloud(writer, stored)
  const types = await listEventTypes(
    writer,
    stored,
    answers.map(({ id }) => id),
  )
  for (const { type, id } of answers) {
    const wanted: readonly string[] = answeredBy[type]
    if (wanted.includes(types.get(id) ?? '')) continue
    throw refused(
      `${type}: session ${stored.session.id} has no ${wanted.join(' or ')} event ${id}.`,
    )
  }
}

async function refuseCloud(writer: Writer, { environmentId }: StoredSession): Promise<void> {
  if (environmentId === null) return
  const { config } = await getEnvironment(writer, environmentId)
  if (config.type === 'self_hosted') return
  throw refused('user.tool_result: only in sessions of a self-hosted environment.')
}

const refused = (message: string) => new DomainError('invalid_argument', `events: ${message}`)
