import type Anthropic from '@anthropic-ai/sdk'
import type { TestServer } from '../_server.ts'

export const model = 'claude-sonnet-5'

/** An agent and an environment, which every session needs. */
export async function makeAgent(client: Anthropic, name = 'clerk') {
  const agent = await client.beta.agents.create({ name, model })
  const environment = await client.beta.environments.create({ name: 'office' })
  return { agent: agent.id, environment_id: environment.id }
}

export const text = (words: string) => [{ type: 'text' as const, text: words }]

/** Our own endpoints have no official client. */
export async function post<T = Record<string, unknown>>(
  server: TestServer,
  path: string,
  body: unknown,
): Promise<{ readonly status: number; readonly body: T }> {
  const response = await server.fetch(path, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as T }
}

/** A session of a run elsewhere, and how its events come in. */
export async function ingest(server: TestServer, key: string, given: object = {}) {
  const made = await post<{ id: string; created: boolean }>(server, '/lucid/v1/sessions', {
    key,
    agent: { name: 'outside', model: 'm' },
    ...given,
  })
  const { id } = made.body
  return {
    id,
    created: made.body.created,
    append: (events: readonly object[]) =>
      post<{ data: { id: string; type: string }[]; secrets_masked: number }>(
        server,
        `/lucid/v1/sessions/${id}/events`,
        { events },
      ),
    end: (body: object = {}) => post(server, `/lucid/v1/sessions/${id}/end`, body),
  }
}

export const message = (words: string) => ({ type: 'agent.message', content: text(words) })

export const collect = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const one of pages) found.push(one)
  return found
}
