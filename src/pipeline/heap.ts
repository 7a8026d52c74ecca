import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What an import's heap may grow to, garbage included; what lives at once is under 80 MB. */
const heapBytes = 110 * 1024 * 1024

/**
 * Node lets garbage pile up to hundreds of megabytes where a machine has them. An import promises to stay
 * under 200 MB whatever the size of its file: a small nursery, and a collection when the heap passes its
 * share. Measured by `npm run bench -- large`; it costs about a tenth of the speed.
 */
export function makeHeapSmall(): void {
  setFlagsFromString('--max-semi-space-size=4')
  setFlagsFromString('--semi-space-growth-factor=1')
}

export function keepHeapSmall(): void {
  if (process.memoryUsage().heapUsed > heapBytes) collect()
}

let collector: (() => void) | null = null

function collect(): void {
  if (collector === null) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
  }
  collector()
}
