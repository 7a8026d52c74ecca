import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DreamtServer, startDreamtServer } from '../_dreamt.ts'

let server: DreamtServer
beforeAll(async () => {
  server = await startDreamtServer()
}, 60_000)
afterAll(() => server.stop())

describe('the next-run brief', () => {
  it('is the same from the dream and from the newest dream over its store', async () => {
    const own = await server.get(`/lucid/v1/dreams/${server.dreamId}/brief`)
    expect(own).toMatchObject({ type: 'brief', dream_id: server.dreamId })
    expect(own.data[0].lines.length).toBeGreaterThan(0)
    expect(await server.get(`/lucid/v1/brief?memory_store_id=${server.storeId}`)).toEqual(own)
    expect(await server.get('/lucid/v1/brief?task_type=airline')).toEqual(
      await server.get(`/lucid/v1/dreams/${server.dreamId}/brief?task_type=airline`),
    )
  })

  it('keeps to its budget and counts what did not fit', async () => {
    const { data } = await server.get('/lucid/v1/brief?task_type=airline&budget=200')
    expect(data[0].tokens).toBeLessThanOrEqual(200)
    expect(data[0].left_out).toBeGreaterThan(0)
  })

  it('names the findings that its lines stand on', async () => {
    const { data } = await server.get('/lucid/v1/brief?task_type=airline')
    const finding = await server.get(`/lucid/v1/findings/${data[0].lines[0].finding_id}`)
    expect(finding.grade).toBe(data[0].lines[0].grade)
  })

  it('may be read with memory:read, which agents have', async () => {
    const key = await server.makeKey('memory:read')
    const response = await server.fetch('/lucid/v1/brief', { headers: { 'x-api-key': key } })
    expect(response.status).toBe(200)
  })

  it('refuses an unknown type of task, a budget out of bounds and a store without a dream', async () => {
    expect(await server.refused('/lucid/v1/brief?task_type=cooking')).toMatchObject({
      status: 404,
      message: expect.stringContaining('airline'),
    })
    for (const budget of ['0', '49', '1e9', 'x']) {
      expect(await server.refused(`/lucid/v1/brief?budget=${budget}`)).toMatchObject({
        status: 400,
      })
    }
    const query = `memory_store_id=${server.outputStoreId}`
    expect(await server.refused(`/lucid/v1/brief?${query}`)).toMatchObject({ status: 404 })
  })
})
