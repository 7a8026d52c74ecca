import { keepResults, type Row } from './_results.ts'
import { measureClusters } from './proof/clusters.ts'
import { measureFactorial } from './proof/factorial.ts'
import { measureGuardrails } from './proof/guardrails.ts'
import { measureHoldback } from './proof/holdback.ts'
import { measureReplay } from './proof/replay.ts'
import { measureSeasons } from './proof/season.ts'
import { measureSwitchback } from './proof/switchback.ts'
import { measureDrift, measureSampleRatio } from './proof/watches.ts'
import { measureWithholding } from './proof/withholding.ts'

/** Each has seeds of its own: alone it gives the same rows. */
const parts: readonly (readonly [name: string, measure: () => Row[]])[] = [
  ['guardrails', measureGuardrails],
  ['factorial', measureFactorial],
  ['withholding', measureWithholding],
  ['switchback', measureSwitchback],
  ['clusters', measureClusters],
  ['replay', measureReplay],
  ['sample ratio', measureSampleRatio],
  ['holdback', measureHoldback],
  ['drift', measureDrift],
  ['seasons', measureSeasons],
]

/** What spec C says of the parts of the rule, each simulated with the product's own functions. */
export async function benchProofParts(): Promise<void> {
  const rows = parts.flatMap(([name, measure]) => {
    const began = performance.now()
    const found = measure()
    console.log(`proof-parts: ${name} in ${((performance.now() - began) / 1_000).toFixed(0)} s`)
    return found
  })
  keepResults('proof-parts', rows)
}
