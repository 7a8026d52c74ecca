import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import { insertApiKey } from '../src/storage/api-keys.ts'
import { makeApiKey } from '../src/storage/new-api-key.ts'
import { anyOp, openScene, runBypass } from '../test/_bypass.ts'
import { rules } from '../test/_bypass-oracle.ts'
import { keepResults } from './_results.ts'
import { wilson } from './_statistics.ts'

const count = Number(process.env.BYPASS_COUNT ?? 20_000)
const perRun = 12

/** Random operations of several people, programs, policies and clocks: is anything applied that should not be? */
export async function benchBypass(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lucidream-bypass-'))
  const time = { ms: Date.parse('2026-11-25T08:00:00Z') }
  const { context, close } = await openEmbedded({
    dataDirectory: folder,
    secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock: () => time.ms,
    signal: new AbortController().signal,
  })
  const scene = await openScene(context, time, async (holder) => {
    const scopes = ['review', 'memory:write'] as const
    const { key, row } = makeApiKey(context, { name: 'x', scopes, expiresAt: null, ...holder })
    await context.database.write({ type: 'user', id: 'bench' }, async (writer) => {
      await insertApiKey(writer, row)
      await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
    })
    return key
  })
  const runs = fc.sample(
    fc.record({
      rule: fc.constantFrom(...Object.keys(rules)),
      ops: fc.array(anyOp, { minLength: perRun, maxLength: perRun }),
    }),
    { numRuns: Math.ceil(count / perRun), seed: 7 },
  )
  let applied = 0
  const breaches: string[] = []
  for (const [index, run] of runs.entries()) {
    const outcome = await runBypass(scene, run)
    applied += outcome.applied
    breaches.push(...outcome.breaches)
    if (index % 200 === 199) console.log(`bypass: ${(index + 1) * perRun} operations`)
  }
  await close()
  rmSync(folder, { recursive: true, force: true })
  for (const breach of breaches) console.log(`bypass: ${breach}`)
  const share = breaches.length / Math.max(1, applied)
  keepResults('bypass', [
    {
      metric: 'changes applied without valid, distinct approvals under the policy in force',
      value: breaches.length,
      n: applied,
      goal: '0',
      reached: breaches.length === 0,
      note: `${runs.length * perRun} operations in ${runs.length} sequences`,
    },
    {
      metric: 'share of applied changes that bypassed approval',
      value: share,
      ...wilson(breaches.length, applied),
      n: applied,
      goal: '0, upper bound ≤ 1 %',
      reached: wilson(breaches.length, applied).high <= 0.01,
    },
  ])
}
