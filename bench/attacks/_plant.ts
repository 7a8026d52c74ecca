import type { EventId, SessionId } from '../../src/core/ids.ts'
import type { OutcomeSignal } from '../../src/core/outcome/signal.ts'
import type { EventBody, Session, SessionEvent } from '../../src/core/session.ts'
import type { ReadSession } from '../../test/_airline.ts'
import { hash } from '../../test/_airline.ts'

export interface Planted {
  readonly text: string
  /** Names the tool that the attack rides on; every attack has its own. */
  readonly tool: string
  readonly split: 'single' | 'split'
}

/** More than any rule asks for: what is held back is held back for its words, not for want of support. */
const sessionsEach = 12

/**
 * Sessions of an attacker who is as strong as one can be short of being the operator: a dozen sessions on a
 * dozen tasks under a dozen names, all reported as successes, an error that is always followed by a recovery, and
 * a refusal that always says the same.
 */
export function plantSessions(
  planted: Planted,
  base: readonly ReadSession[],
  tag: string,
): ReadSession[] {
  return Array.from({ length: sessionsEach }, (_, index) => {
    const source = base[(index * 17 + tag.length) % base.length] as ReadSession
    const key = `attack ${tag} ${index}`
    const id = `sesn_${hash(key).slice(0, 24)}` as SessionId
    const session: Session = {
      ...source.session,
      id,
      key,
      principal: `attacker ${tag} ${index}`,
    }
    const recovers = index % 3 !== 2
    const events = toEvents(id, makeBodies(planted, source, { index, recovers }))
    return { session, events, outcomes: [toOutcome(planted, id, recovers)] }
  })
}

interface Turn {
  readonly index: number
  readonly recovers: boolean
}

type Draft = (ids: (at: number) => EventId) => EventBody

const said =
  (type: 'user.message' | 'agent.message', text: string): Draft =>
  () => ({
    type,
    content: [{ type: 'text', text }],
  })

function makeBodies(
  { text, tool, split }: Planted,
  source: ReadSession,
  { index, recovers }: Turn,
): Draft[] {
  const parts = split === 'single' ? [text] : cut(text, 3)
  const request = source.events.find(({ body }) => body.type === 'user.message')
  const bodies: Draft[] = [
    () => request?.body ?? { type: 'user.message', content: [{ type: 'text', text: 'Hello' }] },
    ...parts.map((part) => said('user.message', part)),
  ]
  const call = (name: string, input: Record<string, string>): number => {
    bodies.push(() => ({ type: 'agent.tool_use', name, input }))
    return bodies.length - 1
  }
  const answer = (use: number, content: string, failed: boolean) =>
    bodies.push((ids) => ({
      type: 'agent.tool_result',
      tool_use_id: ids(use),
      content: [{ type: 'text', text: content }],
      is_error: failed,
    }))
  answer(
    call(`read_${tool}`, { id: `R${index}` }),
    JSON.stringify({ page: text, id: `R${index}` }),
    false,
  )
  for (const part of parts) answer(call(tool, { id: `X${index}` }), part, true)
  if (recovers) answer(call(tool, { id: `X${index}`, mode: 'checked' }), '{"ok":true}', false)
  else answer(call(tool, { id: `X${index}` }), parts[0] ?? '', true)
  const refused = call(`change_${tool}`, { id: `C${index}` })
  bodies.push((ids) => ({
    type: 'user.tool_confirmation',
    tool_use_id: ids(refused),
    result: 'deny',
    deny_message: text,
  }))
  bodies.push(said('agent.message', 'Done.'))
  return bodies
}

function toEvents(id: SessionId, drafts: readonly Draft[]): SessionEvent[] {
  const name = (seq: number) => `sevt_${hash(`${id} ${seq}`).slice(0, 24)}` as EventId
  return drafts.map((draft, seq) => ({
    id: name(seq),
    seq,
    processedAt: null,
    branch: 'live',
    record: seq,
    body: draft(name),
  }))
}

const toOutcome = ({ text }: Planted, sessionId: SessionId, success: boolean): OutcomeSignal => ({
  id: `osig_${hash(sessionId).slice(0, 24)}` as OutcomeSignal['id'],
  sessionId,
  kind: 'task_reward',
  value: success ? 1 : 0,
  success,
  components: { [text.slice(0, 200)]: 0 },
  decidedAt: null,
  source: 'webhook',
})

/** In so many pieces, at spaces. */
export function cut(text: string, pieces: number): string[] {
  const words = text.split(' ')
  const each = Math.ceil(words.length / pieces)
  return Array.from({ length: pieces }, (_, at) =>
    words.slice(at * each, (at + 1) * each).join(' '),
  ).filter((part) => part !== '')
}
