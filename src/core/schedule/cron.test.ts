import { describe, expect, it } from 'vitest'
import { readCron } from './cron.ts'

/** `expression in zone`. */
function list(cronIn: string, from: string, count: number): string[] {
  const [expression = '', timezone = ''] = cronIn.split(' in ')
  const cron = readCron(expression, timezone)
  const times: string[] = []
  let at: number | null = Date.parse(from)
  for (let index = 0; index < count && at !== null; index += 1) {
    at = cron.next(at)
    if (at !== null) times.push(new Date(at).toISOString().replace(':00.000Z', 'Z'))
  }
  return times
}

describe('a time that the clocks skip does not come', () => {
  it('in Berlin', () => {
    expect(list('30 2 * * * in Europe/Berlin', '2026-03-28T00:00:00Z', 3)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-30T00:30Z',
      '2026-03-31T00:30Z',
    ])
  })
  it('in New York', () => {
    expect(list('30 2 * * * in America/New_York', '2026-03-07T00:00:00Z', 2)).toEqual([
      '2026-03-07T07:30Z',
      '2026-03-09T06:30Z',
    ])
  })
  it('on Lord Howe Island, whose clocks move by half an hour', () => {
    expect(list('15 2 * * * in Australia/Lord_Howe', '2026-10-02T00:00:00Z', 2)).toEqual([
      '2026-10-02T15:45Z',
      '2026-10-04T15:15Z',
    ])
  })
})

describe('a time that the clocks repeat comes once, the first time', () => {
  it('in Berlin', () => {
    expect(list('30 2 * * * in Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ])
    expect(list('*/30 * * * * in Europe/Berlin', '2026-10-25T00:00:00Z', 3)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T02:00Z',
      '2026-10-25T02:30Z',
    ])
  })
  it('in New York', () => {
    expect(list('30 1 * * * in America/New_York', '2026-10-31T12:00:00Z', 2)).toEqual([
      '2026-11-01T05:30Z',
      '2026-11-02T06:30Z',
    ])
  })
  it('on Lord Howe Island, whose clocks move by half an hour', () => {
    expect(list('45 1 * * * in Australia/Lord_Howe', '2026-04-04T00:00:00Z', 2)).toEqual([
      '2026-04-04T14:45Z',
      '2026-04-05T15:15Z',
    ])
  })
})

describe('an expression', () => {
  it('of anything but five plain fields, or for a place that is none, is refused', () => {
    const bad = ['* * * * * *', '@daily', '0 0 L * *', '0 0 * * 5#2', '0 0 15W * *', '60 * * * *']
    for (const expression of [...bad, '? * * * *', '* *', '', '*/0 * * * *', '0 0 * * 8']) {
      expect(() => readCron(expression, 'UTC'), expression).toThrow(
        expect.objectContaining({ code: 'invalid_argument' }),
      )
    }
    expect(() => readCron('0 0 * * *', 'Mars/Olympus')).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    )
  })
  it('that names a day that never comes has no next time', () => {
    expect(readCron('0 0 31 2 *', 'UTC').next(0)).toBeNull()
  })
  it('takes Sunday as 0 and as 7, and day or weekday where both are given', () => {
    const from = '2026-11-01T12:00:00Z'
    expect(list('0 0 * * 7 in UTC', from, 3)).toEqual(list('0 0 * * 0 in UTC', from, 3))
    expect(list('0 0 13 * 5 in UTC', '2026-11-01T00:00:00Z', 3)).toEqual([
      '2026-11-06T00:00Z',
      '2026-11-13T00:00Z',
      '2026-11-20T00:00Z',
    ])
  })
})
