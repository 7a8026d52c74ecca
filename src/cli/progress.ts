import type { Clock } from '../core/clock.ts'
import type { OnProgress } from '../pipeline/reports.ts'
import type { Output } from './surroundings.ts'
import { cutText, groupDigits } from './text.ts'

export interface Progress {
  readonly report: OnProgress
  /** Clears the line on a terminal. */
  readonly end: () => void
}

const redrawMs = 100
const plainMs = 5_000

/**
 * On a terminal one line, drawn again with count, rate and time left; elsewhere a plain line every five
 * seconds and none for work that is done sooner. Always on stderr.
 */
export function showProgress(output: Output, clock: Clock): Progress {
  let stage = ''
  let began = clock()
  let last = output.isTerminal ? 0 : clock()
  return {
    report: (now) => {
      const at = clock()
      if (now.stage !== stage) {
        stage = now.stage
        began = at
      }
      if (at - last < (output.isTerminal ? redrawMs : plainMs)) return
      last = at
      const line = describe(now, at - began)
      if (output.isTerminal) output.write(`\r\u001b[K${cutText(line, (output.columns ?? 80) - 1)}`)
      else output.write(`${line}\n`)
    },
    end: () => {
      if (output.isTerminal && stage !== '') output.write('\r\u001b[K')
    },
  }
}

function describe(now: Parameters<OnProgress>[0], elapsedMs: number): string {
  const { stage, done, total, unit } = now
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0
  const of = total === null ? '' : ` of ${groupDigits(total)}`
  const left = total === null || rate === 0 ? '' : `, ${Math.ceil((total - done) / rate)} s left`
  if (unit === 'bytes') {
    const share = total === null || total === 0 ? '' : ` (${Math.floor((done / total) * 100)} %)`
    return `${stage}: ${(done / 1e6).toFixed(1)} MB${share}, ${(rate / 1e6).toFixed(1)} MB/s${left}`
  }
  return `${stage}: ${groupDigits(done)}${of} ${unit} (${groupDigits(Math.round(rate))}/s${left})`
}
