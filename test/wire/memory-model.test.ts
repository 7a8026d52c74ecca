import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { type Based, MemoryModel, type ModelMemory, type Verdict } from './_memory-model.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const goodPaths = [
  '/a',
  '/a/b',
  '/a/b/c',
  '/a/d',
  '/a-b',
  '/a0',
  '/b',
  '/b/\u{1f388}',
  '/b/\uff5e',
  '/é',
]
const badPaths = [
  'a',
  '/',
  '/a/',
  '/a//b',
  '/a/..',
  '/e\u0301',
  '/a\u200b',
  `/${'x'.repeat(1_024)}`,
]
const goodTexts = ['', 'one', 'two', 'é\r\n', '\ufeffx', '\u{1f388}']
const badTexts = ['a\0', '\ud800', 'é'.repeat(51_201)]
const bad = new Set([...badPaths, ...badTexts])

const path = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...goodPaths) },
  fc.constantFrom(...badPaths),
)
const text = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...goodTexts) },
  fc.constantFrom(...badTexts),
)
const based = fc.constantFrom<Based>('on anything', 'on what is there', 'on something else')
const which = fc.nat({ max: 30 })

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), path, content: text }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      which,
      path: fc.option(path, { freq: 2 }),
      content: fc.option(text, { freq: 2 }),
      based,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), which, based }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redact' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('list' as const),
      prefix: fc.constantFrom('/', '/a/', '/a/b/', '/b/', '/none/'),
      depth: fc.constantFrom<0 | 1>(0, 1),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

describe('any sequence of requests', () => {
  it('is answered as a simple model would, lists the same, and its versions add up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
        async (steps) => {
          const run = await startRun()
          for (const one of steps) await run.take(one)
          await run.compare()
        },
      ),
      { numRuns: 40 },
    )
  }, 120_000)
})

const verdicts: Readonly<Record<string, Verdict>> = {
  invalid_request_error: 'invalid',
  not_found_error: 'absent',
  memory_path_conflict_error: 'path_conflict',
  memory_precondition_failed_error: 'stale',
}

async function startRun() {
  const model = new MemoryModel((given) => !bad.has(given))
  const store = await send('POST', '/v1/memory_stores', { name: 'model' })
  const root = `/v1/memory_stores/${store.body.id}`
  return {
    take: (one: Step) => take({ model, root }, one),
    compare: () => compare({ model, root }),
  }
}

interface Run {
  readonly model: MemoryModel
  readonly root: string
}

async function take({ model, root }: Run, one: Step): Promise<void> {
  if (one.do === 'list') {
    const listed = await listAll(`${root}/memories`, {
      path_prefix: one.prefix,
      depth: `${one.depth}`,
      limit: `${one.limit}`,
    })
    expect(listed.map((entry) => entry.path)).toEqual(model.list(one.prefix, one.depth))
    return
  }
  if (one.do === 'create') {
    const expected = model.judgeCreate(one.path, one.content)
    const { body, verdict } = await send('POST', `${root}/memories`, {
      path: one.path,
      content: one.content,
    })
    expect(verdict).toBe(expected)
    if (verdict === 'done') model.create(body.id, one.path, one.content)
    return
  }
  if (one.do === 'redact') return redact({ model, root }, one.which)
  const memory = model.memories[one.which % Math.max(1, model.memories.length)]
  const address = `${root}/memories/${memory?.id ?? 'mem_none'}`
  const hash = basisOf(memory, one.based)
  if (one.do === 'remove') {
    const query = hash === null ? '' : `?expected_content_sha256=${hash}`
    const expected = model.remove(memory, one.based)
    expect((await send('DELETE', `${address}${query}`)).verdict).toBe(expected)
    return
  }
  const expected = model.update(memory, one)
  const { verdict } = await send('POST', address, {
    path: one.path,
    content: one.content,
    ...(hash === null ? {} : { precondition: { type: 'content_sha256', content_sha256: hash } }),
  })
  // What is wrong with a request and what is missing on the server may be said in either order.
  if (expected === 'invalid' && !memory?.live) expect(['invalid', 'absent']).toContain(verdict)
  else expect(verdict).toBe(expected)
}

async function redact({ model, root }: Run, which: number): Promise<void> {
  const version = model.versions[which % Math.max(1, model.versions.length)]
  if (!version) return
  const ofMemory = model.versions.filter(({ memory }) => memory === version.memory)
  const listed = await listAll(`${root}/memory_versions`, { memory_id: version.memory.id })
  const id = listed.toReversed()[ofMemory.indexOf(version)]?.id
  const { verdict } = await send('POST', `${root}/memory_versions/${id}/redact`)
  expect(verdict).toBe(model.redact(version))
}

/** Everything that is left, read in both ways, is what the model has. */
async function compare({ model, root }: Run): Promise<void> {
  const listed = await listAll(`${root}/memories`, { view: 'full', limit: '3' })
  const live = new Map(model.memories.filter((one) => one.live).map((one) => [one.path, one]))
  expect(listed.map((entry) => entry.path)).toEqual(model.list('/', 0))
  const versions = await listAll(`${root}/memory_versions`, { view: 'full', limit: '7' })
  for (const entry of listed) {
    const memory = live.get(entry.path as string) as ModelMemory
    expect(entry).toMatchObject({ id: memory.id, content: memory.content })
    expect(entry.content_sha256).toBe(sha256(memory.content))
    expect(entry.content_size_bytes).toBe(Buffer.byteLength(memory.content))
    const newest = versions.find(({ memory_id }) => memory_id === memory.id)
    expect(newest).toMatchObject({ id: entry.memory_version_id, content: memory.content })
  }
  expect(versions).toHaveLength(model.versions.length)
  for (const { id } of model.memories) {
    const wanted = model.versions.filter(({ memory }) => memory.id === id).map(presentVersion)
    const found = versions.filter(({ memory_id }) => memory_id === id).toReversed()
    expect(found).toMatchObject(wanted)
  }
}

const presentVersion = (version: MemoryModel['versions'][number]) => {
  const content = version.redacted ? null : version.content
  return {
    operation: version.operation,
    path: version.redacted ? null : version.path,
    content,
    content_sha256: content === null ? null : sha256(content),
  }
}

const basisOf = (memory: ModelMemory | undefined, given: Based) =>
  given === 'on anything'
    ? null
    : sha256(given === 'on what is there' ? (memory?.content ?? '') : 'else')

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex')

type Body = Record<string, unknown> & { readonly id: string }

async function send(method: string, address: string, body?: object) {
  const response = await server.fetch(address, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const answer = (await response.json()) as Body
  const { type } = (answer.error ?? {}) as { type?: string }
  const verdict = response.ok ? 'done' : (verdicts[type ?? ''] ?? `${response.status} ${type}`)
  return { verdict, body: answer }
}

async function listAll(address: string, query: Record<string, string>): Promise<Body[]> {
  const found: Body[] = []
  let page: string | null = null
  do {
    const search = new URLSearchParams({ ...query, ...(page === null ? {} : { page }) })
    const { verdict, body }: Awaited<ReturnType<typeof send>> = await send(
      'GET',
      `${address}?${search}`,
    )
    expect(verdict).toBe('done')
    found.push(...(body.data as Body[]))
    page = body.next_page as string | null
  } while (page !== null)
  return found
}
