import { type ApplyWindow, weekdays } from '../policy.ts'
import { deny, type Gate, none } from './gate.ts'

/** When changes may be written. A proposal may wait for its time, so only applying is judged. */
export const schedule: readonly Gate[] = [
  {
    rule: 'schedule.apply.windows',
    judge({ schedule: { apply, timezone } }, { moment, now }) {
      if (moment !== 'apply') return none
      const wall = readWallClock(now, timezone)
      const closed = apply.windows.find((list) => !list.some((one) => isOpen(one, wall)))
      return closed === undefined
        ? none
        : deny(
            `${wall.day} ${wall.time} ${timezone}`,
            closed.map(({ days, from, to }) => `${days.join(' ')} ${from} to ${to}`).join('; ') ||
              'no time',
          )
    },
  },
  {
    rule: 'schedule.freezes',
    judge({ schedule: { freezes, timezone } }, { moment, now }) {
      if (moment !== 'apply') return none
      const { date } = readWallClock(now, timezone)
      const hit = freezes.find(({ from, to }) => from <= date && date <= to)
      return hit ? deny(date, `not from ${hit.from} to ${hit.to}: ${hit.reason}`) : none
    },
  },
]

/** The kill switch: it also holds where the policy is only audited. */
export const paused: Gate = {
  rule: 'schedule.paused',
  judge: ({ schedule }) => (schedule.paused ? deny('paused', 'not paused') : none),
}

interface WallClock {
  readonly date: string
  readonly time: string
  readonly day: ApplyWindow['days'][number]
}

function readWallClock(now: string, timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  const parts = new Map(
    format.formatToParts(Date.parse(now)).map(({ type, value }) => [type, value]),
  )
  const of = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? '00'
  const date = `${of('year')}-${of('month')}-${of('day')}`
  const index = new Date(`${date}T00:00:00Z`).getUTCDay()
  return { date, time: `${of('hour')}:${of('minute')}`, day: weekdays[index] ?? 'sun' }
}

const isOpen = ({ days, from, to }: ApplyWindow, { day, time }: WallClock): boolean =>
  days.includes(day) && from <= time && time < to
