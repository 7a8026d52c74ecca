import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { indexPending } from '../../src/pipeline/index-events.ts'
import { type DreamtServer, startDreamtServer } from '../_dreamt.ts'

let server: DreamtServer
let client: Anthropic
let store: string
beforeAll(async () => {
  server = await startDreamtServer()
  client = server.client()
  store = (await client.beta.memoryStores.create({ name: 'notes' })).id
  for (const [path, content] of Object.entries(notes)) {
    await client.beta.memoryStores.memories.create(store, { path, content })
  }
  await indexPending(server.context)
}, 120_000)
afterAll(() => server.stop())

const notes = {
  '/refunds.md': 'Refund the ticket. A refund takes five days; refunds are final.',
  '/insurance.md': 'Travel insurance costs 25 dollars. Insurance may be refunded.',
  '/deutsch.md': 'Die Reiseversicherungen decken große Schäden.',
  '/日本語.md': '東京都の旅行保険について。返金は五日以内です。',
  '/中文.md': '请先处理退款申请，再联系客户。',
  '/long.md': `${'filler words here. '.repeat(200)}needle at the end`,
}

const search = (q: string, more = '') =>
  server.get(`/lucid/v1/search?q=${encodeURIComponent(q)}${more}`)
const paths = async (q: string) =>
  // biome-ignore lint/suspicious/noExplicitAny: an answer as it came
  (await search(q, `&memory_store_id=${store}`)).data.map((one: any) => one.path)

describe('search', () => {
  it.each([
    ['refund', ['/refunds.md', '/insurance.md']],
    ['refund*', ['/refunds.md', '/insurance.md']],
    ['"travel insurance"', ['/insurance.md']],
    ['"insurance travel"', []],
    ['insurance refunded', ['/insurance.md']],
    ['versicherung', ['/deutsch.md']],
    ['GROSSE', ['/deutsch.md']],
    ['schaden', ['/deutsch.md']],
    ['東京', ['/日本語.md']],
    ['旅行保険', ['/日本語.md']],
    ['返金', ['/日本語.md']],
    ['退款', ['/中文.md']],
    ['日本語', ['/日本語.md']],
    ['deutsch', ['/deutsch.md']],
    ['nowhere', []],
  ])('for %s finds %j', async (q, expected) => {
    expect(await paths(q)).toEqual(expected)
  })

  it('tells what it found as offsets in the text, and shows an excerpt around it', async () => {
    const [found] = (await search('needle', `&memory_store_id=${store}`)).data
    const [span] = found.spans
    const content = notes['/long.md']
    expect(content.slice(span.start, span.end)).toBe('needle')
    expect(found.text_length).toBe(content.length)
    expect(found.excerpt).toBe(
      content.slice(found.excerpt_start, found.excerpt_start + found.excerpt.length),
    )
    expect(found.excerpt).toContain('needle')
  })

  it('follows a memory at once: written, changed, deleted, its store deleted', async () => {
    const other = await client.beta.memoryStores.create({ name: 'other' })
    const { id: memory_store_id } = other
    const at = { memory_store_id }
    const find = async (q: string) => (await search(q, '&in=memories')).data.length
    const made = await client.beta.memoryStores.memories.create(memory_store_id, {
      path: '/x.md',
      content: 'quokka',
    })
    expect(await find('quokka')).toBe(1)
    await client.beta.memoryStores.memories.update(made.id, { ...at, content: 'wombat' })
    expect([await find('quokka'), await find('wombat')]).toEqual([0, 1])
    await client.beta.memoryStores.memories.delete(made.id, at)
    expect(await find('wombat')).toBe(0)
    await client.beta.memoryStores.memories.create(memory_store_id, {
      path: '/y.md',
      content: 'numbat',
    })
    await client.beta.memoryStores.delete(memory_store_id)
    expect(await find('numbat')).toBe(0)
  })

  it('finds events of sessions, by session and by agent, with what they are of', async () => {
    const { data, index } = await search('"travel insurance"', '&in=events&limit=50')
    expect(index).toEqual({ indexed_through: null, pending: 0 })
    expect(data.length).toBe(50)
    for (const found of data) {
      expect(found).toMatchObject({ type: 'event', session_id: expect.stringMatching(/^sesn_/) })
      const at = found.spans[0].start - found.excerpt_start
      expect(found.excerpt.slice(at).toLowerCase()).toMatch(/^travel[^a-z]*insurance/)
    }
    const [first] = data
    const own = await search('insurance', `&session_id=${first.session_id}`)
    expect(new Set(own.data.map((one: typeof first) => one.session_id))).toEqual(
      new Set([first.session_id]),
    )
    const agent = encodeURIComponent(first.agent)
    const byAgent = await search('insurance', `&agent=${agent}`)
    expect(new Set(byAgent.data.map((one: typeof first) => one.agent))).toEqual(
      new Set([first.agent]),
    )
  })

  it('comes in pages, each result once', async () => {
    const ids = new Set<string>()
    let shown = 0
    let page = ''
    for (let pages = 0; pages < 12; pages += 1) {
      const answer = await search('reservation', `&in=events&limit=30${page}`)
      for (const { event_id } of answer.data) ids.add(event_id)
      shown += answer.data.length
      if (answer.next_page === null) break
      page = `&page=${encodeURIComponent(answer.next_page)}`
    }
    expect(shown).toBeGreaterThan(300)
    expect(ids.size).toBe(shown)
  })

  it.each([
    `"`,
    `' OR 1=1 --`,
    'words : NEAR(a b, 2) AND NOT c*',
    '{words} : ^a + b',
    "a' & !b | (c:*)",
    '%_\\',
    '§memory',
    '·versicherung',
    '\u0000a',
    '🎈',
    'a" OR "b',
  ])('never takes %j for syntax', async (q) => {
    const response = await server.fetch(`/lucid/v1/search?q=${encodeURIComponent(q)}`)
    expect([200, 400]).toContain(response.status)
  })

  it('refuses an empty or endless query, a contradiction, and a cursor of another query', async () => {
    for (const query of [
      '',
      'q=',
      'q=!!!',
      `q=${'x'.repeat(513)}`,
      'q=a&limit=51',
      'q=a&in=files',
    ]) {
      expect(await server.refused(`/lucid/v1/search?${query}`)).toMatchObject({ status: 400 })
    }
    const both = `/lucid/v1/search?q=a&memory_store_id=${store}&in=events`
    expect(await server.refused(both)).toMatchObject({ status: 400 })
    const { next_page } = await search('reservation', '&limit=1')
    const other = `/lucid/v1/search?q=insurance&page=${encodeURIComponent(next_page)}`
    expect(await server.refused(other)).toMatchObject({ status: 400 })
  })

  it('needs the scope review', async () => {
    const init = { headers: { 'x-api-key': await server.makeKey('memory:read') } }
    expect(await server.refused('/lucid/v1/search?q=a', init)).toMatchObject({ status: 403 })
  })
})
