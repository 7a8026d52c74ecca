import fc from 'fast-check'
import type { OutcomeSignalId } from '../ids.ts'
import type { OutcomeDefinition } from './definition.ts'
import type { GoalSignal } from './goal.ts'

export const definition = (given: Partial<OutcomeDefinition> = {}): OutcomeDefinition => ({
  name: 'goal',
  version: 1,
  signals: [{ kind: 'ci', source: null, weight: 1 }],
  combine: 'last',
  revisedBy: [],
  when: null,
  minConfidence: 'strong',
  requireSigned: false,
  passAt: null,
  deadlines: { standard: null, byTaskType: {} },
  cap: null,
  ...given,
})

export const signal = (name: string, given: Partial<GoalSignal> = {}): GoalSignal => ({
  id: `osig_${name}` as OutcomeSignalId,
  kind: 'ci',
  source: 'builds',
  value: null,
  success: true,
  components: {},
  principal: null,
  signed: true,
  subjects: [],
  final: null,
  decidedAt: null,
  createdAt: '2026-11-01T00:00:00.000Z',
  confidence: 'exact',
  ...given,
})

const time = fc
  .integer({ min: 0, max: 30 })
  .map((hours) => new Date(1_790_000_000_000 + hours * 3_600_000).toISOString())

export const anySignals: fc.Arbitrary<GoalSignal[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('ci', 'csat', 'pr_review'),
      source: fc.constantFrom('builds', 'desk'),
      value: fc.option(fc.constantFrom(0, 0.25, 0.5, 0.75, 1)),
      success: fc.option(fc.boolean()),
      principal: fc.option(fc.constantFrom('ann', 'bob')),
      signed: fc.boolean(),
      decidedAt: fc.option(time),
      createdAt: time,
      confidence: fc.constantFrom('exact' as const, 'strong' as const, 'weak' as const),
    }),
    { maxLength: 12 },
  )
  .map((list) => list.map((given, index) => signal(String(index).padStart(2, '0'), given)))

export const anyDefinition: fc.Arbitrary<OutcomeDefinition> = fc
  .record({
    combine: fc.constantFrom(
      'last' as const,
      'any_failure' as const,
      'mean' as const,
      'weighted' as const,
    ),
    revisedBy: fc.subarray(['kind', 'source', 'principal'] as const),
    requireSigned: fc.boolean(),
    minConfidence: fc.constantFrom('exact' as const, 'strong' as const),
    passAt: fc.option(fc.constantFrom(0.5, 0.75)),
    signals: fc.constantFrom(
      [{ kind: 'ci', source: null, weight: 1 }],
      [
        { kind: 'ci', source: 'builds', weight: 3 },
        { kind: 'csat', source: null, weight: 1 },
      ],
    ),
  })
  .map((given) => definition(given))
