import { type EventBody, eventText, type SessionEvent } from '../../src/core/session.ts'
import { type Item, type Kind, type LabelledSession, readItems, readSessions } from './_items.ts'

/** Prints what a reader labels by: texts only, never what the detectors say. */
export async function printSheet(kind: Kind): Promise<void> {
  const items = readItems(kind)
  const sessions = new Map((await readSessions(kind)).map((one) => [one.session.id as string, one]))
  for (const item of items) {
    const session = sessions.get(item.session)
    console.log(`### ${item.id}`)
    if (!session) console.log('(its source is not at hand)')
    else console.log(kind === 'turns' ? showTurn(session, item) : showStep(session, item))
  }
}

const fold = (text: string) => text.replace(/\s+/g, ' ').trim()
const head = (text: string, length: number) => {
  const plain = fold(text)
  return plain.length > length ? `${plain.slice(0, length)}…` : plain
}
const tail = (text: string, length: number) => {
  const plain = fold(text)
  return plain.length > length ? `…${plain.slice(-length)}` : plain
}

function showTurn({ events }: LabelledSession, { at }: Item): string {
  const live = events.filter(({ branch, seq }) => branch === 'live' && seq <= at)
  const said = live.findLast(({ body }) => body.type === 'agent.message')
  const did = live.findLast(({ body }) => body.type === 'agent.tool_use')
  const before = live.findLast(({ body, seq }) => body.type === 'user.message' && seq < at)
  const turn = live.findLast(({ seq }) => seq === at)
  return [
    `user before: ${before ? head(eventText(before.body), 160) : '–'}`,
    ...(did && did.seq > (before?.seq ?? -1)
      ? [`agent did: ${head(eventText(did.body), 160)}`]
      : []),
    `agent said: ${said && said.seq > (before?.seq ?? -1) ? tail(eventText(said.body), 320) : '–'}`,
    `USER: ${turn ? head(eventText(turn.body), 500) : ''}`,
  ].join('\n')
}

type Call = SessionEvent & { readonly body: Extract<EventBody, { type: 'agent.tool_use' }> }

const mostBetween = 14

function showStep({ events }: LabelledSession, { at }: Item): string {
  const live = events.filter(({ branch }) => branch === 'live')
  const calls = live.filter((event): event is Call => event.body.type === 'agent.tool_use')
  const step = calls.find(({ seq }) => seq === at)
  if (!step) return '(no such call)'
  const text = eventText(step.body)
  const same = calls.filter((call) => call.seq < at && eventText(call.body) === text)
  const near = calls.findLast(({ body, seq }) => seq < at && body.name === step.body.name)
  const from = same.at(-1) ?? near
  const between = from
    ? live.filter(({ seq }) => seq > from.seq && seq < at).flatMap(showEvent)
    : []
  const gap = between.length - mostBetween
  const shown =
    gap > 0 ? [...between.slice(0, 7), `  (${gap} more)`, ...between.slice(-7)] : between
  return [
    same.length > 0
      ? `the same call ${same.length} times before; the last time:`
      : 'never called so before; the last call of the tool:',
    from ? `  ${head(eventText(from.body), 260)}\n  → ${answer(live, from)}` : '  none',
    'in between:',
    ...(shown.length > 0 ? shown : ['  nothing']),
    `STEP: ${head(text, 260)}\n  → ${answer(live, step)}`,
  ].join('\n')
}

function answer(live: readonly SessionEvent[], call: Call): string {
  const found = live.find(
    ({ body }) =>
      (body.type === 'agent.tool_result' || body.type === 'lucid.tool_canceled') &&
      body.tool_use_id === call.id,
  )
  if (!found) return '(no answer)'
  const failed = found.body.type === 'agent.tool_result' && found.body.is_error ? 'FAILED ' : ''
  return `${failed}${head(eventText(found.body), 160)}`
}

function showEvent({ body }: SessionEvent): string[] {
  switch (body.type) {
    case 'agent.tool_use':
      return [`  call ${head(eventText(body), 110)}`]
    case 'user.message':
      return [`  user: ${head(eventText(body), 70)}`]
    case 'agent.thread_context_compacted':
      return ['  (context compacted)']
    case 'lucid.user_tool_use':
      return [`  user’s call ${head(eventText(body), 80)}`]
    default:
      return []
  }
}
