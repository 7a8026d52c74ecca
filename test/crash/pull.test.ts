import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ended, inFolder, run } from '../_program.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { chooseCuts } from './_cutting.ts'
import type { Kill } from './_killing-database.ts'

type Texts = Readonly<Record<string, string>>

let server: TestServer
let apiKey: string
beforeAll(async () => {
  server = await startTestServer()
  apiKey = await server.makeKey('memory:read')
})
afterAll(() => server.stop())

const former: Texts = {
  '/MEMORY.md': `# Index\n${'- A line that makes it long.\n'.repeat(200)}`,
  '/old/gone.md': '- Gone.\n',
  '/topics/a.md': '- One.\n',
  '/topics/b.md': '- Two.\n',
}
const next: Texts = {
  '/MEMORY.md': `# Index\n${'- Another line, as long.\n'.repeat(300)}`,
  '/new/deep/c.md': '- Three.\n',
  '/topics/a.md': '- One, changed.\n',
  '/topics/b.md': '- Two.\n',
}
const own: Texts = { '/topics/own.md': 'mine\n', '/own.md': 'mine too\n' }

async function makeStore(texts: Texts): Promise<string> {
  const { memoryStores } = server.client().beta
  const { id } = await memoryStores.create({ name: 'pulled' })
  for (const [path, content] of Object.entries(texts)) {
    await memoryStores.memories.create(id, { path, content })
  }
  return id
}

async function setStore(store: string, texts: Texts): Promise<void> {
  const { memories } = server.client().beta.memoryStores
  for await (const one of memories.list(store)) {
    await memories.delete(one.type === 'memory' ? one.id : '', { memory_store_id: store })
  }
  for (const [path, content] of Object.entries(texts)) {
    await memories.create(store, { path, content })
  }
}

const from = (store: string) => ['--server', server.url, '--store', store, '--unit', 'desk']

/** The program as a process of its own, which may be cut off where it changes files. */
function spawnPull(args: readonly string[], cutting: Readonly<Record<string, string>> = {}) {
  return spawn(
    process.execPath,
    ['--import', './test/crash/_killing-files.ts', 'bin/lucidream.mjs', 'pull', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        LUCIDREAM_API_KEY: apiKey,
        NODE_COMPILE_CACHE: join(tmpdir(), 'lucidream-test-compiled'),
        ...cutting,
      },
    },
  )
}

const cutAt = ({ at, moment }: Kill) => ({ CUT_AT: String(at), CUT_MOMENT: moment })

/** Everything in a folder but what a pull keeps for itself. */
function readTree(folder: string): Texts {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(folder.length))
    .filter((path) => path !== '/.lucidream-pull.json')
  return Object.fromEntries(
    files.toSorted().map((path) => [path, readFileSync(folder + path, 'utf8')]),
  )
}

function write(folder: string, texts: Texts): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(folder + path), { recursive: true })
    writeFileSync(folder + path, text)
  }
}

const sorted = (texts: Texts) => Object.fromEntries(Object.entries(texts).toSorted())

/** Files by their names in the folders that people see. */
const visible = (tree: Texts) =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => !/\/\.[^/]*$/.test(path)))

const editOurs = (path: string) => (path in own ? null : 'by hand')

interface Cutting {
  /** What a killed pull is cut off in; a copy of it for each cut. */
  readonly prepared: string
  readonly args: (folder: string) => readonly string[]
  readonly before: Texts
  readonly after: Texts
  /** What is left where all of ours is taken away, whatever a killed pull left. */
  readonly removing: (folder: string) => readonly string[]
  readonly rest: Texts
  /** A text of ours as somebody writes into it; null: it is not ours. */
  readonly edit: (path: string, text: string) => string | null
}

/** Kills the program at its calls, one copy a cut, looks at what is left, and lets the next pull end it. */
async function cutEverywhere(folder: string, cutting: Cutting): Promise<number> {
  const { prepared, args, before, after, removing, rest, edit } = cutting
  const copy = async (name: string, use: (to: string) => Promise<void>) => {
    const to = join(folder, name)
    cpSync(prepared, to, { recursive: true })
    await use(to)
    rmSync(to, { recursive: true })
  }
  const log = join(folder, 'calls')
  await copy('calm', async (to) => {
    expect((await ended(spawnPull(args(to), { CUT_LOG: log }))).code).toBe(0)
    expect(readTree(to)).toEqual(sorted(after))
  })
  const calls = readFileSync(log, 'utf8').trimEnd().split('\n')
  rmSync(log)
  let cuts = 0
  for (const kill of chooseCuts(calls.length, 'in turn')) {
    const what = `${kill.moment} ${kill.at}: ${calls[kill.at - 1]}`
    await copy(`cut-${kill.at}-${kill.moment}`, async (to) => {
      const { signal } = await ended(spawnPull(args(to), cutAt(kill)))
      expect(signal, what).toBe('SIGKILL')
      cuts += 1
      const left = visible(readTree(to))
      for (const path of Object.keys({ ...before, ...after, ...left })) {
        expect([before[path], after[path]], `${what}, ${path}`).toContain(left[path])
      }
      const edits = Object.keys(after).flatMap((path) => {
        const text = edit(path, left[path] ?? '')
        return path in left && text !== null ? [{ path, text }] : []
      })
      for (const { path, text } of edits.slice(0, 1)) {
        writeFileSync(to + path, text)
        const refused = await run([...['pull', '--json'], ...args(to)], { apiKey })
        expect(refused.code, what).toBe(6)
        expect(refused.out, what).toContain(path)
        expect(readFileSync(to + path, 'utf8')).toBe(text)
        writeFileSync(to + path, left[path] ?? '')
      }
      const aside = `${to}-aside`
      cpSync(to, aside, { recursive: true })
      const gone = await run(['pull', '--remove', ...removing(aside)])
      expect(gone.code, `${what}: ${gone.err}`).toBe(0)
      expect(readTree(aside), what).toEqual(sorted(rest))
      rmSync(aside, { recursive: true })
      const again = await run(['pull', ...args(to)], { apiKey })
      expect(again.code, `${what}: ${again.err}`).toBe(0)
      expect(readTree(to), what).toEqual(sorted(after))
    })
  }
  return cuts
}

describe('kill -9 of a pull, at every call by which it changes files', () => {
  it('leaves each file old or new, keeps what people wrote, and is ended by the next', async () => {
    const store = await makeStore(former)
    await inFolder(async (folder) => {
      const prepared = join(folder, 'prepared')
      write(prepared, own)
      await run(['pull', ...from(store), '--to', prepared], { apiKey })
      await setStore(store, next)
      const cuts = await cutEverywhere(folder, {
        prepared,
        args: (to) => [...from(store), '--to', to],
        before: { ...former, ...own },
        after: { ...next, ...own },
        removing: (to) => ['--to', to],
        rest: own,
        edit: editOurs,
      })
      expect(cuts).toBeGreaterThanOrEqual(15)
    })
  }, 300_000)

  it('of the first pull into a folder as well, and of one that takes everything away', async () => {
    const store = await makeStore(next)
    await inFolder(async (folder) => {
      const empty = join(folder, 'empty')
      write(empty, own)
      const first = { ...next, ...own }
      await cutEverywhere(folder, {
        prepared: empty,
        args: (to) => [...from(store), '--to', to],
        before: own,
        after: first,
        removing: (to) => ['--to', to],
        rest: own,
        edit: editOurs,
      })
      const full = join(folder, 'full')
      cpSync(empty, full, { recursive: true })
      await run(['pull', ...from(store), '--to', full], { apiKey })
      await cutEverywhere(folder, {
        prepared: full,
        args: (to) => ['--remove', '--to', to],
        before: first,
        after: own,
        removing: (to) => ['--to', to],
        rest: own,
        edit: editOurs,
      })
    })
  }, 300_000)

  it('of a block in a file', async () => {
    const store = await makeStore({ '/rules.md': '- One.\n' })
    await inFolder(async (folder) => {
      const prepared = join(folder, 'prepared')
      write(prepared, { '/AGENTS.md': '# Ours\n', '/other.md': 'x' })
      const args = (to: string) => [...from(store), '--block', join(to, 'AGENTS.md')]
      const reference = join(folder, 'reference')
      cpSync(prepared, reference, { recursive: true })
      await run(['pull', ...args(reference)], { apiKey })
      const cuts = await cutEverywhere(folder, {
        prepared,
        args,
        before: readTree(prepared),
        after: readTree(reference),
        removing: (to) => ['--block', join(to, 'AGENTS.md')],
        rest: readTree(prepared),
        edit: (_, text) => (text.includes('- One.') ? text.replace('One', 'By hand') : null),
      })
      expect(cuts).toBeGreaterThanOrEqual(6)
    })
  }, 300_000)
})

describe('what a pull says is there', () => {
  it('is on the disk before it says so: each text before its name, each folder before the state', async () => {
    const store = await makeStore(next)
    await inFolder(async (folder) => {
      const [to, log] = [join(folder, 'to'), join(folder, 'calls')]
      expect((await ended(spawnPull([...from(store), '--to', to], { CUT_LOG: log }))).code).toBe(0)
      const calls = readFileSync(log, 'utf8').trimEnd().split('\n')
      const renames = calls.flatMap((call, at) => {
        const [name, partial = '', target = ''] = call.split(' ')
        return name === 'rename' ? [{ at, partial, target }] : []
      })
      expect(renames).toHaveLength(Object.keys(next).length + 2)
      for (const { at, partial } of renames) {
        const [written, synced] = [`write ${partial}`, `sync ${partial}`].map((call) =>
          calls.slice(0, at).lastIndexOf(call),
        )
        expect(written).toBeGreaterThanOrEqual(0)
        expect(synced).toBeGreaterThan(written ?? 0)
      }
      const base = to.split('/').slice(-2).join('/')
      const [begun, ...files] = renames
      const closed = files.pop()
      expect(begun?.target).toBe('to/.lucidream-pull.json')
      expect(closed?.target).toBe('to/.lucidream-pull.json')
      const between = (from: number, until: number) => calls.slice(from, until)
      expect(between(begun?.at ?? 0, files[0]?.at ?? 0)).toContain(`sync ${base}`)
      const last = between(files.at(-1)?.at ?? 0, closed?.at ?? 0)
      for (const name of [base, 'to/topics', 'to/new', 'new/deep']) {
        expect(last).toContain(`sync ${name}`)
      }
      expect(calls.at(-1)).toBe(`sync ${base}`)
    })
  }, 60_000)
})

describe('several pulls into one folder at once', () => {
  it('go one after the other: what is left is one version, whole, and nothing else', async () => {
    const [one, two] = [await makeStore(former), await makeStore(next)]
    await inFolder(async (folder) => {
      for (let round = 0; round < 2; round += 1) {
        const to = join(folder, `to-${round}`)
        const all = Array.from({ length: 4 }, (_, at) =>
          ended(spawnPull([...from(at % 2 === 0 ? one : two), '--force', '--to', to])),
        )
        expect((await Promise.all(all)).map(({ code }) => code)).toEqual([0, 0, 0, 0])
        const { memory_store_id: last } = JSON.parse(
          readFileSync(join(to, '.lucidream-pull.json'), 'utf8'),
        )
        expect([one, two]).toContain(last)
        expect(readTree(to)).toEqual(sorted(last === one ? former : next))
      }
    })
  }, 120_000)

  it('wait for one that is stopped, say so, and go on when it is dead', async () => {
    const store = await makeStore(former)
    await inFolder(async (folder) => {
      const to = join(folder, 'to')
      const args = [...from(store), '--to', to]
      const log = join(folder, 'calls')
      const stopped = spawnPull(args, { CUT_AT: '12', CUT_SIGNAL: 'SIGSTOP', CUT_LOG: log })
      const closed = ended(stopped)
      await reached(log, 12)
      const before = readTree(to)
      const second = await run(['pull', ...args, '--timeout', '1'], { apiKey })
      expect(second).toMatchObject({ code: 6, out: '' })
      expect(second.err).toContain('Another pull')
      expect(second.err).toContain(to)
      expect(readTree(to)).toEqual(before)
      const third = ended(spawnPull(args))
      await sleep(300)
      stopped.kill('SIGKILL')
      expect((await closed).signal).toBe('SIGKILL')
      expect((await third).code).toBe(0)
      expect(readTree(to)).toEqual(sorted(former))
    })
  }, 60_000)

  it('do not go through a link where the lock should be, nor take a file of somebody for it', async () => {
    const store = await makeStore(former)
    await inFolder(async (folder) => {
      const to = join(folder, 'to')
      write(to, { '/.lucidream-pull.lock': 'a diary' })
      const refused = await run(['pull', ...from(store), '--to', to], { apiKey })
      expect(refused.code).toBe(2)
      expect(refused.err).toContain('.lucidream-pull.lock')
      expect(readTree(to)).toEqual({ '/.lucidream-pull.lock': 'a diary' })
    })
  })
})

/** Waits until the process made so many calls. */
async function reached(log: string, calls: number): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0
    if (lines >= calls) {
      // It stops a moment after the call.
      await sleep(300)
      return
    }
    await sleep(50)
  }
  throw new Error(`the pull made less than ${calls} calls`)
}
