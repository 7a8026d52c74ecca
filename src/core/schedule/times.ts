import { toTimestamp } from '../clock.ts'
import { readCron } from './cron.ts'

export interface Timing {
  readonly cron: string | null
  readonly timezone: string
  readonly newSessions: number | null
}

/**
 * When a schedule fires next by its clock, and from when on it has to be looked at, seen from `nowMs`: one that
 * waits for sessions always, as nobody knows when they come.
 */
export function nextTimes(
  { cron, timezone, newSessions }: Timing,
  nowMs: number,
): { readonly nextFireAt: string | null; readonly nextLookAt: string | null } {
  const fireMs = cron === null ? null : readCron(cron, timezone).next(nowMs)
  const lookMs = newSessions === null ? fireMs : nowMs
  return {
    nextFireAt: fireMs === null ? null : toTimestamp(fireMs),
    nextLookAt: lookMs === null ? null : toTimestamp(lookMs),
  }
}

/** More missed times than this are not counted one by one. */
const mostMissed = 1_000

/**
 * Of the times from `firstMs` up to `nowMs`, the last one and how many came before it: whoever slept through
 * several makes up for one.
 */
export function findLatestFire(
  { cron, timezone }: Timing & { readonly cron: string },
  { firstMs, nowMs }: { readonly firstMs: number; readonly nowMs: number },
): { readonly fireMs: number; readonly missed: number } {
  const times = readCron(cron, timezone)
  let fireMs = firstMs
  let missed = 0
  for (let next = times.next(fireMs); next !== null && next <= nowMs; next = times.next(fireMs)) {
    fireMs = next
    missed += 1
    if (missed === mostMissed) break
  }
  return { fireMs, missed }
}

/** The next few times, for people. */
export function listUpcoming({ cron, timezone }: Timing, nowMs: number, count: number): string[] {
  if (cron === null) return []
  const times = readCron(cron, timezone)
  const upcoming: string[] = []
  for (let at = times.next(nowMs); at !== null && upcoming.length < count; at = times.next(at)) {
    upcoming.push(toTimestamp(at))
  }
  return upcoming
}
