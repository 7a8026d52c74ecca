import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { print } from './_measure.ts'

/** One measured figure beside its goal. */
export interface Row {
  readonly metric: string
  readonly value: number | string
  /** 95 %. */
  readonly low?: number
  readonly high?: number
  readonly n?: number
  /** What would be world-class, in words; null where only reported. */
  readonly goal: string | null
  readonly reached: boolean | null
  readonly note?: string
}

/** Prints the rows and keeps them under `bench/results/`. */
export function keepResults(name: string, rows: readonly Row[]): void {
  mkdirSync('bench/results', { recursive: true })
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`
  const text = JSON.stringify({ bench: name, machine, rows: rows.map(round) }, null, 2)
  writeFileSync(`bench/results/${name}.json`, `${text}\n`)
  for (const row of rows) {
    const { metric, value, low, high, n, goal, reached, note } = round(row)
    print(`${name}: ${metric}`, {
      value,
      ...(low === undefined ? {} : { '95 %': `${low} … ${high}` }),
      ...(n === undefined ? {} : { n }),
      ...(goal === null ? {} : { goal, reached: reached === null ? '–' : reached ? 'yes' : 'NO' }),
      ...(note === undefined ? {} : { note }),
    })
  }
}

function round(row: Row): Row {
  const four = (value: number) => Math.round(value * 10_000) / 10_000
  return {
    ...row,
    value: typeof row.value === 'number' ? four(row.value) : row.value,
    ...(row.low === undefined ? {} : { low: four(row.low) }),
    ...(row.high === undefined ? {} : { high: four(row.high) }),
  }
}
