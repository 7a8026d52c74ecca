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

/** What open requests get, and a second more for a busy machine. */
const drainMs = 11_000

/** On a folder that has its key already. */
async function startAgain(folder: string) {
  const child = start(['serve', '--port', '0', '--data', folder])
  const url = await new Promise<string>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      const found = /http:\/\/\S+/.exec(String(chunk))?.[0]
      if (found) resolve(found)
    })
  })
  return { child, url }
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

/** Opens a stream and answers when it has ended, whoever ended it. */
async function openStream({ baseURL, apiKey }: Anthropic, sessionId: string) {
  const response = await fetch(`${baseURL}/v1/sessions/${sessionId}/events/stream`, {
    headers: { 'x-api-key': apiKey ?? '' },
  })
  expect(response.status).toBe(200)
  return { ended: response.text().catch(() => 'cut') }
}

describe('a server that is told to stop', () => {
  it('in the middle of a dream and with open streams ends well and in time; the dream goes on later', async () => {
    await inFolder(async (folder) => {
      await run(['import', airlineTranscripts, '--quiet', '--data', folder])
      const sessions = await listSessionIds(folder)
      const { child, client } = await startServer(folder)
      const store = await makeStore(client)
      const inputs = inputsOf(store, sessions)
      const { id } = await client.beta.dreams.create({ model: 'any', inputs })
      const streams = await Promise.all(
        sessions.slice(0, 5).map((session) => openStream(client, session)),
      )
      while ((await client.beta.dreams.retrieve(id)).status === 'pending') {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const overdue = setTimeout(() => child.kill('SIGKILL'), drainMs)
      expect((await stopAll(child))[0]).toMatchObject({ code: 0, signal: null })
      clearTimeout(overdue)
      await Promise.all(streams.map((stream) => stream.ended))
      const again = await startAgain(folder)
      const later = new Anthropic({ apiKey: client.apiKey, baseURL: again.url })
      expect(await waitForEnd(later, id)).toMatchObject({ status: 'completed', error: null })
      await stopAll(again.child)
    })
  }, 120_000)

  it('while it reads the bundled sessions of its first start ends well, and its next start works', async () => {
    await inFolder(async (folder) => {
      const child = start(['serve', '--port', '0', '--data', folder])
      await new Promise<void>((resolve) => {
        child.stderr?.on('data', (chunk) => {
          if (String(chunk).includes('The database is empty')) resolve()
        })
      })
      const overdue = setTimeout(() => child.kill('SIGKILL'), drainMs)
      expect((await stopAll(child))[0]).toMatchObject({ code: 0, signal: null })
      clearTimeout(overdue)
      const again = await startAgain(folder)
      expect((await fetch(`${again.url}/readyz`)).status).toBe(200)
      await stopAll(again.child)
    })
  }, 120_000)
})

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
