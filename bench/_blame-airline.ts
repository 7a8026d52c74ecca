import { blame } from '../src/core/blame/blame.ts'
import type { Turn } from '../src/core/blame/signals.ts'
import { sessionOutcome } from '../src/core/outcome/signal.ts'
import { eventText, type SessionEvent } from '../src/core/session.ts'
import { readAirlineSessions } from '../test/_airline.ts'
import type { Row } from './_results.ts'
import { wilson } from './_statistics.ts'

/**
 * Of failed conversations of one agent with customers: how often the ranking names the agent's first words. A
 * greeting decides nothing, so a high share says that the ranking is of no use there.
 */
export async function countOpeningsBlamed(): Promise<Row> {
  const failed = (await readAirlineSessions()).filter(
    ({ outcomes }) => sessionOutcome(outcomes).success === false,
  )
  const openings = failed.filter(({ events }) => {
    const turns = events.flatMap(readTurn)
    return blame(turns)[0]?.index === turns.find(({ role }) => role === 'act')?.index
  })
  return {
    metric: 'airline: failed sessions in which it names the first words of the agent',
    value: openings.length / failed.length,
    ...wilson(openings.length, failed.length),
    n: failed.length,
    goal: null,
    reached: null,
    note: `${openings.length} of ${failed.length}: not shown by the product`,
  }
}

function readTurn({ seq, branch, body }: SessionEvent): Turn[] {
  if (branch !== 'live') return []
  const turn = { index: seq, runs: false, error: false, text: eventText(body) }
  switch (body.type) {
    case 'user.message':
      return [{ ...turn, speaker: 'user', role: 'request' }]
    case 'agent.message':
      return [{ ...turn, speaker: 'agent', role: 'act' }]
    case 'agent.tool_use':
      return [{ ...turn, speaker: 'agent', role: 'act', runs: true }]
    case 'agent.tool_result':
      return [{ ...turn, speaker: 'tool', role: 'result', error: body.is_error }]
    default:
      return []
  }
}
