import type { OutcomeSignalId } from '../ids.ts'
import type { OutcomeDefinition } from './definition.ts'
import type { GoalSignal } from './goal-signal.ts'

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
