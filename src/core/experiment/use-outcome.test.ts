import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OutcomeSignalId, SessionId } from '../ids.ts'
import type { GoalSignal } from '../outcome/goal-signal.ts'
import { judgeUse, type UnitSize, type UsePart } from './use-outcome.ts'

const hour = 3_600_000
const deadline = 24 * hour

const signal = (at: number, success: boolean): GoalSignal => ({
  id: `osig_${at}_${success}` as OutcomeSignalId,
  kind: 'solved',
  source: 'tests',
  value: null,
  success,
  components: {},
  principal: null,
  signed: false,
  subjects: [],
  final: null,
  decidedAt: null,
  createdAt: new Date(at).toISOString(),
  confidence: 'exact',
})

const part = (since: number, signals: readonly GoalSignal[]): UsePart => ({
  sessionId: `sesn_${since}` as SessionId,
  washout: false,
  since,
  signals,
  tokens: null,
  seconds: null,
})

/** The last word decides. */
const decide = (signals: readonly GoalSignal[]) => {
  const last = signals.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).at(-1)
  return last ? { value: Number(last.success), signalIds: [last.id] } : null
}
const judge = (size: UnitSize, parts: readonly UsePart[], now: number) =>
  judgeUse(parts, { size, decide, deadline, now })

test('a session counts with its first decision; several sessions with their mean when their time is over', () => {
  const first = part(0, [signal(2 * hour, true), signal(3 * hour, false)])
  const second = part(hour, [signal(5 * hour, false)])
  const settled = { value: 1, came: 'in_time' }
  expect(judge('one', [first, second], 6 * hour)).toEqual(settled)
  expect(judge('many', [first], 6 * hour)).toBeNull()
  expect(judge('many', [first, second], deadline + 1)).toEqual({ value: 0.5, came: 'in_time' })
  // Outside of experiments: two had begun when the first outcome came, so it is no session.
  expect(judge('unsaid', [first, second], 6 * hour)).toBeNull()
  expect(judge('unsaid', [first, second], deadline + 1)).toEqual({ value: 0.5, came: 'in_time' })
  expect(judge('unsaid', [first, part(4 * hour, [])], 6 * hour)).toEqual(settled)
})

test('what comes after the deadline is known to be late and counts as a failure', () => {
  const late = part(0, [signal(deadline + 1, true)])
  expect(judge('one', [late], deadline)).toBeNull()
  expect(judge('one', [late], deadline + 2)).toEqual({ value: 0, came: 'late' })
  expect(judge('unsaid', [], deadline + 2)).toEqual({ value: 0, came: 'never' })
})

test('whatever was judged once is judged the same at every later moment, with all that came since', () => {
  const times = fc.integer({ min: 0, max: 40 })
  const parts = fc.array(
    fc.tuple(times, fc.array(fc.tuple(times, fc.boolean()), { maxLength: 3 })),
    { minLength: 1, maxLength: 4 },
  )
  const size = fc.constantFrom<UnitSize>('one', 'many', 'unsaid')
  fc.assert(
    fc.property(parts, size, (all, kind) => {
      /** What is there to be seen at a moment. */
      const seen = (now: number) =>
        all
          .filter(([since]) => since * hour <= now)
          .map(([since, told]) =>
            part(
              since * hour,
              told
                .map(([delay, success]) => signal((since + delay) * hour, success))
                .filter(({ createdAt }) => Date.parse(createdAt) <= now),
            ),
          )
      let before: ReturnType<typeof judge> = null
      for (let at = 0; at <= 90; at += 1) {
        const now = judge(kind, seen(at * hour), at * hour)
        if (before !== null) expect(now?.value).toBe(before.value)
        before = now
      }
      expect(before).not.toBeNull()
    }),
  )
})
