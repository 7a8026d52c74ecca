import type { ScenarioName } from '../test/crash/_scenario.ts'
import { cutOnSqlite } from '../test/crash/_sqlite-copies.ts'
import { inFolder } from './_measure.ts'
import { keepResults, type Row } from './_results.ts'

const scenarios: readonly (readonly [ScenarioName, what: string, note: string])[] = [
  [
    'experiment',
    'counting an experiment until it is rolled back',
    'E, states of tests, log, verdict; the units folded again give the same state, bit for bit',
  ],
  [
    'outcomes',
    'telling and counting an experiment by tens of units',
    'the same; what got no answer is told again',
  ],
  [
    'holdback',
    'taking back what was promoted and turned to harm',
    'the store is what it was before the promotion, to the byte, and the experiment rolled back',
  ],
  ['apply', 'applying a dream', 'memories, versions, decisions, audit log'],
  ['roll back', 'rolling a dream back', 'memories, versions, decisions, audit log'],
]

/** Spec E.4, "Decision time under crash" and "Rollback correctness": a process that dies at each of its writes. */
export async function benchKilled(): Promise<void> {
  const rows: Row[] = []
  for (const [name, what, note] of scenarios) {
    const { writes, cuts, different } = await inFolder((folder) =>
      cutOnSqlite(folder, name, 'each'),
    )
    for (const one of different) console.log(`killed: ${what}: ${one}`)
    rows.push({
      metric: `${what}, kill -9 at each write and started again: runs that end with other rows`,
      value: different.length,
      n: cuts,
      goal: '0',
      reached: different.length === 0 && cuts > 0,
      note: `before, inside and after ${writes} writes; ${note}`,
    })
  }
  keepResults('killed', rows)
}
