import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../ids.ts'
import { joinSignal, type KeyHit, lookupKeys } from './join.ts'
import { isInWindow, spanOf, workKeys, workLookups, workWindow } from './work-window.ts'

const who = [
  { type: 'actor', value: 'robin' },
  { type: 'repository', value: 'acme/app' },
]
const hour = 3_600_000

const meets = (span: { from: number; to: number }, at: string) => {
  const keys = new Set(workKeys(who, span).map(({ value }) => value))
  return workLookups(who, at).some(({ value }) => keys.has(value))
}

describe('a work window', () => {
  it('is found by its days whenever the signal is in it, for sessions of up to a month', () => {
    const start = Date.parse('2026-01-01T00:00:00Z')
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 * 24 * hour }),
        fc.integer({ min: 0, max: 29 * 24 * hour }),
        fc.integer({ min: -2 * 24 * hour, max: 32 * 24 * hour }),
        (begin, length, after) => {
          const span = { from: start + begin, to: start + begin + length }
          const at = new Date(span.from + after).toISOString()
          const isIn = after >= 0 && after <= length + 24 * hour
          expect(isInWindow(span, at)).toBe(isIn)
          if (isIn) expect(meets(span, at)).toBe(true)
        },
      ),
    )
  })

  it('is bounded: the last 31 days of a session, and eight pairs of who and where', () => {
    const span = { from: Date.parse('2025-01-01'), to: Date.parse('2026-01-01') }
    const days = workKeys(who, span).map(({ value }) => value)
    expect(days).toHaveLength(31)
    expect(days[0]).toBe('2026-01-01 acme/app robin')
    const many = [...'abcdefgh'].flatMap((value) => [
      { type: 'actor', value },
      { type: 'repository', value },
    ])
    expect(workLookups(many, '2026-01-01T00:00:00Z')).toHaveLength(16)
    expect(spanOf(null, '2026-01-01T00:00:00Z')).toBeNull()
  })

  it('joins weakly, behind everything else, and not by a day that more than 20 sessions share', () => {
    const about = { subjects: who, at: '2026-01-02T12:00:00.000Z' }
    const [, key] = lookupKeys(about).filter(({ type }) => type === workWindow)
    if (!key) throw new Error('no key')
    const span = {
      from: Date.parse('2026-01-01T10:00:00Z'),
      to: Date.parse('2026-01-01T13:00:00Z'),
    }
    const hit = (name: string, more: Partial<KeyHit> = {}): KeyHit => ({
      ...key,
      sessionId: `sesn_${name}` as SessionId,
      exposureId: null,
      via: 'work',
      confidence: 'weak',
      span,
      ...more,
    })
    expect(joinSignal(about, [hit('a')])).toMatchObject({
      joins: [{ sessionId: 'sesn_a', via: workWindow, confidence: 'weak' }],
    })
    const ticket = { type: 'linear.issue', value: 'E-1', via: 'rule:tickets' }
    const { span: _none, ...byRule } = hit('b', ticket)
    expect(joinSignal(about, [hit('a'), byRule]).joins).toMatchObject([{ sessionId: 'sesn_b' }])
    const shared = Array.from({ length: 21 }, (_, at) => hit(String(at)))
    expect(joinSignal(about, shared)).toEqual({ joins: [], reason: 'key_ambiguous' })
    expect(joinSignal({ ...about, at: '2026-01-02T13:00:00.001Z' }, [hit('a')])).toEqual({
      joins: [],
      reason: 'key_unknown',
    })
  })
})
