import { describe, expect, it } from 'vitest'
import { runFuzz } from '../_fuzz-run.ts'
import { startTestServer } from '../_server.ts'

describe('requests made of the schemas, nearly right and hostile', () => {
  it('never get a 500, never hang, never write when they are refused, and answers keep their schema', async () => {
    const server = await startTestServer()
    try {
      const { database } = server.context
      const send = (path: string, init: RequestInit) => server.fetch(path, init)
      const { byStatus, faults } = await runFuzz({
        count: 3_000,
        seed: 1,
        database,
        send,
        quiet: true,
      })
      expect(faults).toEqual([])
      expect(byStatus['200']).toBeGreaterThan(0)
      expect(byStatus['400']).toBeGreaterThan(0)
    } finally {
      await server.stop()
    }
  }, 120_000)
})
