import { expect, it } from 'vitest'
import { noDrift } from '../src/core/critique/critique.ts'
import { makeJudged } from '../src/core/policy/sample.ts'
import { digesterVersion, startDigest } from '../src/core/transcript/digester.ts'
import { taintAll } from '../src/core/trust/line-taints.ts'
import { nothingWatched } from '../src/core/trust/watch.ts'
import { type MiningTask, thinkHere } from '../src/pipeline/thinking.ts'
import { openThinkingPool } from '../src/pipeline/thinking-pool.ts'
import { packDigests } from '../src/storage/digests.ts'
import { hash, readAirlineMemory, readAirlineSessions } from './_airline.ts'
import { makePolicy } from './policy/_gates.ts'

const { signal } = new AbortController()

it('thinks on a thread to the same results as here', async () => {
  const sessions = (await readAirlineSessions()).slice(0, 120)
  const digests = sessions.map(({ session, events }) => {
    const digester = startDigest(session, { hash })
    for (const event of events) digester.add(event)
    return digester.finish('h')
  })
  const traces = [digests.slice(0, 50), digests.slice(50)].map((some) => {
    const { head, body } = packDigests(some, digesterVersion)
    return { head, body, places: [...some.keys()] }
  })
  const signals = sessions.flatMap((one) => one.outcomes)
  const documents = readAirlineMemory()
  const memories = documents.map((document, index) => ({
    ...document,
    id: `mem_${index}` as never,
    storeId: 'memstore_1' as never,
    versionId: `memver_${index}` as never,
  }))
  const mining: MiningTask = { traces, signals, documents }
  const pool = openThinkingPool()
  try {
    const [here, there] = [thinkHere(hash), pool]
    const mined = await here.mine(mining, signal)
    expect(await there.mine(mining, signal)).toEqual(mined)
    expect(mined.report.findings.length).toBeGreaterThan(0)
    const at = '2026-11-25T00:00:00Z'
    const reconciled = await here.reconcile({ memories, at }, signal)
    expect(await there.reconcile({ memories, at }, signal)).toEqual(reconciled)
    const findings = mined.report.findings.map(({ citations: _, ...one }) => ({
      ...one,
      evidence: [],
    }))
    const taints = taintAll(documents, 'operator')
    const dreamt = { findings, memories, reconciled, rejections: [], watch: nothingWatched }
    const task = { ...dreamt, taints, personalKey: 'key' }
    const proposed = await here.propose(task, signal)
    expect(await there.propose(task, signal)).toEqual(proposed)
    expect(proposed.changes.length).toBeGreaterThan(0)
    const { changes } = proposed
    const drift = { ...noDrift, bytesNow: 1 }
    const judging = {
      changes,
      memories,
      output: 'copy' as const,
      facts: {
        policies: [makePolicy({})],
        moment: 'propose' as const,
        now: at,
        proposedBy: ['dream:drm_1'],
        policyLoads: [],
        dream: { modelTokens: 0, costUsd: 0, wallClockMs: 0 },
        siblings: changes,
        store: { id: 'memstore_1', name: 'rules', sizes: [] },
        history: { dreams: [], applied: [] },
        rejections: [],
        drift,
      },
      own: changes.map(() => ({
        evidence: makeJudged({}).evidence,
        proposedAt: at,
        editedBy: null,
        lot: 0,
        openBefore: 0,
        experiment: null,
      })),
    }
    expect(await there.judge(judging, signal)).toEqual(await here.judge(judging, signal))
  } finally {
    await pool.close()
  }
}, 60_000)

it('stops when it is told to', async () => {
  const pool = openThinkingPool()
  const stop = new AbortController()
  const asked = pool.reconcile({ memories: [], at: '2026-11-25T00:00:00Z' }, stop.signal)
  stop.abort()
  await expect(asked).rejects.toThrow()
  await pool.close()
})
