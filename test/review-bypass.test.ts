import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { anyOp, openScene, runBypass, type Scene } from './_bypass.ts'
import { rules } from './_bypass-oracle.ts'
import { startTestServer, type TestServer } from './_server.ts'

let server: TestServer
let scene: Scene
const time = { ms: Date.parse('2026-11-25T08:00:00Z') }
beforeAll(async () => {
  server = await startTestServer({}, () => time.ms)
  scene = await openScene(server.context, time, (holder) =>
    server.makeKeyFor(holder, 'review', 'memory:write'),
  )
})
afterAll(() => server.stop())

it('nothing is ever applied without valid, distinct approvals of its very text by those whom the policy in force names', async () => {
  let applied = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(rules)),
      fc.array(anyOp, { minLength: 4, maxLength: 14 }),
      async (rule, ops) => {
        const outcome = await runBypass(scene, { rule, ops })
        applied += outcome.applied
        expect(outcome.breaches).toEqual([])
      },
    ),
    { numRuns: 150, seed: 20_261_125, endOnFailure: false },
  )
  // Else it would have shown only that nothing works.
  expect(applied).toBeGreaterThan(30)
}, 240_000)
