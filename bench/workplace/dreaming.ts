import { seededRandom } from '../../src/core/statistics/random.ts'
import { lines, type MadeChange } from './changes.ts'
import type { Office } from './office.ts'

const sessions = 24

/** Sessions in which a tool states, of each of three rules, another number than the notes do. */
export async function importTranscripts(office: Office, seed: number): Promise<string[]> {
  const random = seededRandom(seed)
  const text = Array.from(
    { length: sessions },
    (_, at) => `${JSON.stringify(makeTranscript(at, random))}\n`,
  ).join('')
  await office.upload('/lucid/v1/imports?name=workplace.jsonl', text)
  await office.work()
  const { data } = await office.ask<{ data: { id: string }[] }>('GET', '/v1/sessions?limit=100')
  if (data.length !== sessions) throw new Error(`${data.length} sessions were imported`)
  return data.map(({ id }) => id)
}

function makeTranscript(at: number, random: () => number): object {
  const calls = lines.flatMap(({ rule, attribute, seen }, step) => {
    const id = `call_${step}`
    const input = JSON.stringify({ rule_id: rule })
    return [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name: 'get_rule', arguments: input } }],
      },
      {
        role: 'tool',
        tool_call_id: id,
        content: JSON.stringify({ rule_id: rule, [attribute]: seen }),
      },
    ]
  })
  return {
    id: `before-${at}`,
    task_id: `task-${at % 6}`,
    task_type: 'questions',
    model: 'model-a',
    user_id: `user-${at % 8}`,
    reward: random() < 0.6 ? 1 : 0,
    messages: [{ role: 'user', content: 'What are the rules today?' }, ...calls],
  }
}

interface Proposed {
  readonly id: string
  readonly before: string | null
  readonly after: string | null
  readonly operation: string
}

/** Orders a dream over the sessions, lets the worker dream it, and reads what it proposes for the store itself. */
export async function dreamChanges(
  office: Office,
  { storeId, sessionIds }: { readonly storeId: string; readonly sessionIds: readonly string[] },
): Promise<MadeChange[]> {
  const { id } = await office.ask<{ id: string }>('POST', '/v1/dreams', {
    model: 'lucidream-builtin',
    inputs: [
      { type: 'memory_store', memory_store_id: storeId },
      { type: 'sessions', session_ids: sessionIds },
    ],
    output_behavior: { type: 'update_existing', memory_store_id: storeId },
  })
  await office.work()
  const path = `/lucid/v1/dreams/${id}/changes?limit=100`
  const { data } = await office.ask<{ data: Proposed[] }>('GET', path)
  return data.flatMap(({ id: changeId, after }) =>
    after === null ? [] : [{ id: changeId, marker: after }],
  )
}
