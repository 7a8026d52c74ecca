import type { ChildProcess } from 'node:child_process'
import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { airlineTranscripts } from './_airline.ts'
import { ended, inFolder, run, start } from './_program.ts'
import { inputsOf, makeStore, waitForEnd } from './wire/_dreaming.ts'

/** A server process with its key, read from what it prints. */
async function startServer(folder: string, ...flags: string[]) {
  const child = start(['serve', '--port', '0', '--data', folder, ...flags])
  const printed = await new Promise<string>((resolve) => {
    let text = ''
    child.stderr?.on('data', (chunk) => {
      text += String(chunk)
      if (/First API key.*\n/.test(text)) resolve(text)
    })
  })
  const baseURL = /http:\/\/\S+/.exec(printed)?.[0] ?? ''
  const apiKey = /sk-\S+/.exec(printed)?.[0] ?? ''
  return { child, client: new Anthropic({ apiKey, baseURL, maxRetries: 0 }) }
}

async function stopAll(...children: ChildProcess[]) {
  for (const child of children) child.kill('SIGTERM')
  return Promise.all(children.map((child) => waitFor(child)))
}

const waitFor = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? { code: child.exitCode, signal: child.signalCode }
    : ended(child)

async function listSessionIds(folder: string): Promise<string[]> {
  const { out } = await run(['sessions', '--limit', '100', '--json', '--data', folder])
  return (JSON.parse(out) as { data: { id: string }[] }).data.map(({ id }) => id)
}

describe('workers as processes', () => {
  it('an API alone leaves dreams pending; of two workers one is killed and the other goes on', async () => {
    await inFolder(async (folder) => {
      await run(['import', airlineTranscripts, '--quiet', '--data', folder])
      const sessions = await listSessionIds(folder)
      const { child: server, client } = await startServer(folder, '--no-work')
      const store = await makeStore(client)
      const ids: string[] = []
      for (let index = 0; index < 4; index += 1) {
        const inputs = inputsOf(store, sessions.slice(index, 60 + index))
        ids.push((await client.beta.dreams.create({ model: 'any', inputs })).id)
      }
      expect((await client.beta.dreams.retrieve(ids[0] ?? '')).status).toBe('pending')
      const workers = [start(['work', '--data', folder]), start(['work', '--data', folder])]
      const [victim, survivor] = workers as [ChildProcess, ChildProcess]
      while ((await client.beta.dreams.retrieve(ids[0] ?? '')).status === 'pending') {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      victim.kill('SIGKILL')
      for (const id of ids) {
        expect(await waitForEnd(client, id)).toMatchObject({ status: 'completed', error: null })
      }
      const stopped = await stopAll(server, survivor)
      expect(stopped.map(({ code }) => code)).toEqual([0, 0])
      expect(await waitFor(victim)).toMatchObject({ signal: 'SIGKILL' })
    })
  }, 120_000)

  it('a server works by itself, stops when told to, and goes on when it is started again', async () => {
    await inFolder(async (folder) => {
      await run(['import', airlineTranscripts, '--quiet', '--data', folder])
      const sessions = await listSessionIds(folder)
      const first = await startServer(folder)
      const store = await makeStore(first.client)
      const inputs = inputsOf(store, sessions)
      const { id } = await first.client.beta.dreams.create({ model: 'any', inputs })
      expect((await stopAll(first.child))[0]?.code).toBe(0)
      const worker = start(['work', '--data', folder])
      const again = start(['serve', '--port', '0', '--no-work', '--data', folder])
      const url = await new Promise<string>((resolve) => {
        again.stderr?.on('data', (chunk) => {
          const found = /http:\/\/\S+/.exec(String(chunk))?.[0]
          if (found) resolve(found)
        })
      })
      const client = new Anthropic({ apiKey: first.client.apiKey, baseURL: url })
      expect((await waitForEnd(client, id)).status).toBe('completed')
      await stopAll(worker, again)
    })
  }, 120_000)
})
