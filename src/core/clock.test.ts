import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toTimestamp } from './clock.ts'

const year9999 = 253_402_300_799_999

test('a timestamp is RFC 3339 in UTC with milliseconds', () => {
  expect(toTimestamp(0)).toBe('1970-01-01T00:00:00.000Z')
  expect(toTimestamp(1_795_492_800_005)).toBe('2026-11-24T04:00:00.005Z')
})

test('timestamps sort as the times do', () => {
  const time = fc.integer({ min: 0, max: year9999 })
  fc.assert(
    fc.property(time, time, (a, b) => {
      expect(toTimestamp(a) < toTimestamp(b)).toBe(a < b)
    }),
  )
})
