import { execFileSync } from 'node:child_process'
import { keepResults, type Row } from './_results.ts'

interface Measured {
  readonly sessions: number
  readonly imported: number
  readonly first: number
  readonly second: number
  readonly rss: number
}

/** Resident memory in MB by sessions, from DESIGN section 14. */
const limits: Readonly<Record<number, number>> = { 1000: 500, 100000: 4_000 }

/** Sessions of 100 steps each; SCALE_SIZES=1000,10000,100000 takes about half an hour and 15 GB of disk. */
export function benchScale(): void {
  const sizes = (process.env.SCALE_SIZES ?? '1000,10000').split(',').map(Number)
  const measured = sizes.map((sessions): Measured => {
    const out = execFileSync(process.execPath, ['bench/_scale-one.ts', String(sessions)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return JSON.parse(out.trim().split('\n').at(-1) ?? '')
  })
  const rows = measured.flatMap((one, at): Row[] => {
    const before = measured[at - 1]
    const size = `${one.sessions} sessions × 100 steps`
    const grown = before ? one.first / before.first : null
    const limit = limits[one.sessions] ?? null
    return [
      { metric: `${size}: import, s`, value: one.imported, goal: null, reached: null },
      {
        metric: `${size}: first dream, s`,
        value: one.first,
        goal: one.sessions === 1_000 ? '≤ 10' : null,
        reached: one.sessions === 1_000 ? one.first <= 10 : null,
      },
      ...(grown === null || !before
        ? []
        : [
            {
              metric: `${size}: first dream / that of ${before.sessions}`,
              value: grown,
              goal: '≤ 11',
              reached: grown <= 11,
            },
          ]),
      {
        metric: `${size}: second dream with 1 % new / first`,
        value: one.second / one.first,
        goal: '≤ 0.05',
        reached: one.second / one.first <= 0.05,
      },
      {
        metric: `${size}: resident memory while dreaming, MB`,
        value: one.rss / 1e6,
        goal: limit === null ? null : `≤ ${limit}`,
        reached: limit === null ? null : one.rss / 1e6 <= limit,
        note: 'after the import in the same process, threads included',
      },
    ]
  })
  keepResults('scale', rows)
}
