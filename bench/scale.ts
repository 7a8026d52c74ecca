import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Spent } from './_measure.ts'
import { keepResults, type Row } from './_results.ts'

interface Measured {
  readonly sessions: number
  readonly parsed: Spent
  readonly imported: Spent
  readonly first: Spent
  readonly second: Spent
  readonly rss: number
  readonly secondRss: number
}

/** Resident memory in MB by sessions, from DESIGN section 14. */
const limits: Readonly<Record<number, number>> = { 1000: 500, 100000: 4_000 }

/**
 * Sessions of 100 steps each; SCALE_SIZES=1000,10000,100000 takes about half an hour and 15 GB of disk. What
 * `node bench/_scale-one.ts N FOLDER/N` imported before is taken from SCALE_FOLDER=FOLDER.
 */
export function benchScale(): void {
  const sizes = (process.env.SCALE_SIZES ?? '1000,10000').split(',').map(Number)
  const measured = sizes.map((sessions): Measured => {
    const kept = join(process.env.SCALE_FOLDER ?? '', String(sessions))
    const given = existsSync(join(kept, 'imported.json')) ? [kept] : []
    const program = ['bench/_scale-one.ts', String(sessions), ...given]
    const out = execFileSync(process.execPath, program, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return JSON.parse(out.trim().split('\n').at(-1) ?? '')
  })
  keepResults(
    'scale',
    measured.flatMap((one, at) => describe(one, measured[at - 1])),
  )
}

/** By the clock, with the seconds of all cores as the note: others worked on the machine. */
function describe(one: Measured, before: Measured | undefined): Row[] {
  const size = `${one.sessions} sessions × 100 steps`
  const plain = (metric: string, { wall, cpu }: Spent): Row => ({
    metric: `${size}: ${metric}, s`,
    value: wall,
    goal: null,
    reached: null,
    note: `CPU ${cpu.toFixed(1)} s`,
  })
  const ratio = (metric: string, most: number, [a, b]: readonly [Spent, Spent]): Row => ({
    metric: `${size}: ${metric}`,
    value: a.wall / b.wall,
    goal: `≤ ${most}`,
    reached: a.wall / b.wall <= most,
    note: `by CPU ${(a.cpu / b.cpu).toPrecision(3)}`,
  })
  const limit = limits[one.sessions] ?? null
  const memory = Math.max(one.rss, one.secondRss) / 1e6
  return [
    plain('JSON.parse of the same bytes', one.parsed),
    plain('import', one.imported),
    plain('first dream', one.first),
    ...(one.sessions === 1_000
      ? [ratio('first dream / JSON.parse', 5, [one.first, one.parsed])]
      : []),
    ...(before
      ? [ratio(`first dream / that of ${before.sessions}`, 11, [one.first, before.first])]
      : []),
    plain('second dream with 1 % new', one.second),
    ratio('second dream with 1 % new / first', 0.05, [one.second, one.first]),
    {
      metric: `${size}: resident memory while dreaming, MB`,
      value: memory,
      goal: limit === null ? null : `≤ ${limit}`,
      reached: limit === null ? null : memory <= limit,
      note: 'the larger of both dreams, after the import in the same process',
    },
  ]
}
