import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/** mulberry32: the same sessions in every run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const tools = [
  'search_orders',
  'get_order',
  'get_user',
  'update_address',
  'cancel_order',
  'send_mail',
  'list_items',
  'calculate',
]

/** Sessions as OpenAI chat JSON lines, `steps` calls each, some of them failing, with a reward. */
export async function writeSessions(
  path: string,
  { sessions, steps, from = 0 }: { sessions: number; steps: number; from?: number },
): Promise<void> {
  const out = createWriteStream(path)
  for (let index = from; index < from + sessions; index += 1) {
    if (!out.write(`${JSON.stringify(makeSession(index, steps))}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

function makeSession(index: number, steps: number) {
  const random = seeded(index + 1)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const messages: object[] = [{ role: 'user', content: `Please help me with order ${index}.` }]
  for (let step = 0; step < steps; step += 1) {
    const id = `call_${step}`
    const failed = random() < 0.05
    const args = JSON.stringify({ order_id: `O${Math.floor(random() * 40)}`, note: pick(tools) })
    messages.push(
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name: pick(tools), arguments: args } }],
      },
      {
        role: 'tool',
        tool_call_id: id,
        content: failed
          ? `Error: order ${step} is locked by user ${index}`
          : `{"status":"ok","items":[${step},${index}],"text":"${'word '.repeat(40)}"}`,
      },
    )
  }
  return {
    id: `s${index}`,
    task_id: `task-${index % 50}`,
    task_type: 'orders',
    model: `model-${index % 3}`,
    user_id: `user-${index % 200}`,
    reward: random() < 0.6 ? 1 : 0,
    messages,
  }
}
