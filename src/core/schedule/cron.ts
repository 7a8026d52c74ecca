import { Cron } from 'croner'
import { DomainError } from '../errors.ts'

/** When something recurs, on the wall clocks of one place. */
export interface CronTimes {
  /** The first time after `afterMs`, milliseconds since the epoch; null when there is none any more. */
  readonly next: (afterMs: number) => number | null
}

const field = /^[\d*,/-]{1,100}$/
const minute = 60_000
/** No zone ever put its clocks back by more; a repeated time lies less than this behind the change. */
const longestOverlap = 180 * minute
/** Skipped and repeated times in a row; an expression that only meets those is as good as never. */
const mostRejected = 1_000

/**
 * Five POSIX fields (minute, hour, day, month, weekday 0 to 7), read on the wall clocks of an IANA time zone.
 * A time that the clocks skip in spring does not come; one that they repeat in autumn comes once, the first
 * time. Where day and weekday are both given, either is enough.
 */
export function readCron(expression: string, timezone: string): CronTimes {
  refuseUnread(expression, timezone)
  const cron = parse(expression, timezone)
  const wall = makeWallClock(timezone)
  const next = (afterMs: number): number | null => {
    let from = new Date(afterMs)
    for (let rejected = 0; rejected < mostRejected; rejected += 1) {
      const found = cron.nextRun(from)
      if (found === null) return null
      if (cron.match(found) && !isRepeated(found.getTime(), wall)) return found.getTime()
      from = found
    }
    return null
  }
  return { next }
}

function refuseUnread(expression: string, timezone: string): void {
  const fields = expression.trim().split(/ +/)
  if (fields.length === 5 && fields.every((one) => field.test(one))) return
  throw new DomainError(
    'invalid_argument',
    `cron: "${expression.slice(0, 100)}" is not five fields of digits, "*", ",", "-" and "/" (minute hour day month weekday), e.g. "30 2 * * 1-5" in ${timezone.slice(0, 60)}.`,
  )
}

function parse(expression: string, timezone: string): Cron {
  try {
    const cron = new Cron(expression.trim(), { timezone, paused: true, mode: '5-part' })
    cron.nextRun(new Date(0))
    return cron
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DomainError('invalid_argument', `cron or timezone: ${reason.slice(0, 300)}`, {
      cause,
    })
  }
}

/** Minutes of the wall clock as if it were UTC. */
type WallClock = (ms: number) => number

function makeWallClock(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
    const of = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0
    return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute')) / minute
  }
}

/** Whether the clocks showed the same before they were put back. */
function isRepeated(ms: number, wall: WallClock): boolean {
  const before = ms - longestOverlap
  const putBack = wall(before) - before / minute - (wall(ms) - ms / minute)
  return putBack > 0 && wall(ms - putBack * minute) === wall(ms)
}
