import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DreamtServer, startDreamtServer } from '../_dreamt.ts'

let server: DreamtServer
beforeAll(async () => {
  server = await startDreamtServer()
}, 60_000)
afterAll(() => server.stop())

const all = async (query = '') => {
  const found = []
  for (let page = ''; ; ) {
    const answer = await server.get(
      `/lucid/v1/dreams/${server.dreamId}/findings?limit=7${query}${page}`,
    )
    found.push(...answer.data)
    if (answer.next_page === null) return found
    page = `&page=${encodeURIComponent(answer.next_page)}`
  }
}

describe('the findings of a dream', () => {
  it('come in pages, each once, with statistics and quotes', async () => {
    const found = await all()
    const { findings } = await server.get(`/lucid/v1/dreams/${server.dreamId}/report`)
    expect(found).toHaveLength(findings)
    expect(new Set(found.map(({ id }) => id)).size).toBe(findings)
    expect(found[0]).toMatchObject({ type: 'finding', dream_id: server.dreamId })
    expect(found.every(({ evidence }) => evidence.length > 0)).toBe(true)
  })

  it('are filtered by kind, type of task and grade', async () => {
    const found = await all()
    for (const [name, value] of [
      ['kind', found[0].kind],
      ['grade', 'D'],
      ['task_type', 'airline'],
    ]) {
      expect(await all(`&${name}=${value}`)).toEqual(found.filter((one) => one[name] === value))
    }
  })

  it('refuse an unknown dream, an unknown kind and a cursor of another list', async () => {
    expect(await server.refused('/lucid/v1/dreams/drm_no/findings')).toMatchObject({ status: 404 })
    const path = `/lucid/v1/dreams/${server.dreamId}/findings`
    expect(await server.refused(`${path}?kind=nonsense`)).toMatchObject({ status: 400 })
    expect(await server.refused(`${path}?limit=101`)).toMatchObject({ status: 400 })
    const { next_page } = await server.get(`/lucid/v1/dreams/${server.dreamId}/changes?limit=1`)
    expect(await server.refused(`${path}?page=${encodeURIComponent(next_page)}`)).toMatchObject({
      status: 400,
      message: expect.stringContaining('another list'),
    })
  })

  it('need the scope review', async () => {
    const key = await server.makeKey('memory:read')
    const init = { headers: { 'x-api-key': key } }
    expect(await server.refused(`/lucid/v1/dreams/${server.dreamId}/findings`, init)).toMatchObject(
      { status: 403 },
    )
  })
})

describe('one finding', () => {
  it('shows each quote in its event, byte for byte, with its neighbours', async () => {
    const [first] = await all()
    const { evidence } = await server.get(`/lucid/v1/findings/${first.id}`)
    expect(evidence.length).toBe(first.evidence.length)
    for (const piece of evidence) {
      expect(piece.resolves).toBe(true)
      const { text, text_start, seq } = piece.event
      expect(text.slice(piece.start - text_start, piece.end - text_start)).toBe(piece.quote)
      expect(piece.byte_end - piece.byte_start).toBe(Buffer.byteLength(piece.quote))
      expect(piece.before.map((one: { seq: number }) => one.seq)).toEqual(
        [seq - 2, seq - 1].filter((one) => one >= 0),
      )
      expect(piece.after.every((one: { seq: number }) => one.seq > seq)).toBe(true)
    }
  })

  it('that there is not is told with its id', async () => {
    expect(await server.refused('/lucid/v1/findings/fnd_no')).toMatchObject({
      status: 404,
      message: expect.stringContaining('fnd_no'),
    })
  })
})

describe('the report of a dream', () => {
  it('says what was read, compared, kept silent about and held back', async () => {
    const report = await server.get(`/lucid/v1/dreams/${server.dreamId}/report`)
    expect(report).toMatchObject({
      type: 'dream_report',
      dream_id: server.dreamId,
      input_store_id: server.storeId,
      output_store_id: server.outputStoreId,
      read: { sessions: 315, succeeded: 144, failed: 171 },
    })
    expect(report.families.length).toBeGreaterThan(5)
    expect(report.held_back.length).toBeGreaterThan(0)
  })
})
