import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../ids.ts'
import type { Finding } from '../mining/finding.ts'
import { renderBrief, writeBrief } from './brief.ts'

const makePath = (taskType: string, calls: readonly string[]): Finding => ({
  key: `reference_path:${taskType}:${calls.join()}`,
  kind: 'reference_path',
  title: 'Successful sessions mostly go the same way',
  taskType,
  grade: 'D',
  sessionsWith: 20,
  sessionsWithout: 10,
  effect: null,
  support: { sessions: 20, tasks: 5, principals: 5, largestShare: 0.2 },
  detail: {
    kind: 'reference_path',
    calls,
    inOrder: true,
    following: 20,
    successes: 25,
    variants: 3,
  },
  evidence: [
    {
      sessionId: 's' as SessionId,
      eventId: 'e' as Finding['evidence'][number]['eventId'],
      start: 0,
      end: 1,
      text: 'x',
      polarity: 'supports',
      taint: 'agent',
    },
  ],
})

describe('the brief', () => {
  it('holds what is known for the type of task and says that it is no proof', () => {
    const findings = [makePath('refund', ['get_order', 'refund']), makePath('booking', ['book'])]
    const brief = writeBrief(findings, { taskType: 'refund', budget: 2_000, sign: String })
    expect(brief.lines.map(({ text }) => text)).toEqual([
      'The way that works most: `get_order`, then `refund`.',
    ])
    expect(renderBrief(brief)).toContain('seen, not compared')
    expect(brief.leftOut).toBe(0)
  })

  it('never takes more than its budget, and says how many lines did not fit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600 }), fc.nat(30), (budget, count) => {
        const findings = Array.from({ length: count }, (_, i) =>
          makePath('t', [`call_${i}`, 'end']),
        )
        const brief = writeBrief(findings, { taskType: 't', budget, sign: String })
        expect(brief.tokens).toBeLessThanOrEqual(budget)
        expect(brief.lines.length + brief.leftOut).toBe(count)
        if (brief.lines.length > 0) {
          expect(Math.ceil(renderBrief(brief).length / 4)).toBe(brief.tokens)
        }
      }),
    )
  })
})
