import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Median wall time of `rounds` runs, in seconds. */
export async function measure(rounds: number, work: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now()
    await work()
    times.push((performance.now() - began) / 1000)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0
}

export interface Spent {
  /** Seconds by the clock, and seconds of all cores together: on a shared machine only these compare. */
  readonly wall: number
  readonly cpu: number
}

export async function spend(work: () => unknown): Promise<Spent> {
  const [began, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 }
}

/** The run of median CPU time. */
export async function spendMedian(rounds: number, work: () => unknown): Promise<Spent> {
  const runs: Spent[] = []
  for (let round = 0; round < rounds; round += 1) runs.push(await spend(work))
  return runs.toSorted((a, b) => a.cpu - b.cpu)[Math.floor(rounds / 2)] ?? { wall: 0, cpu: 0 }
}

export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lucidream-bench-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function print(name: string, figures: Readonly<Record<string, string | number>>): void {
  const shown = Object.entries(figures).map(([key, value]) => {
    const text = typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : value
    return `${key} ${text}`
  })
  console.log(`${name}: ${shown.join(' · ')}`)
}

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
