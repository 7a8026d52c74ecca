import type { JudgedChange } from '../decision.ts'
import { ageMs } from '../facts.ts'
import type { PolicySpec } from '../policy.ts'
import { capped, type Gate } from './gate.ts'

const isInside = (judged: JudgedChange, at: string, spec: PolicySpec) =>
  ageMs(judged, at) < spec.budgets.perWindow.window

export const perWindow: readonly Gate[] = [
  capped('budgets.perWindow.dreams', {
    most: ({ budgets }) => budgets.perWindow.dreams,
    found: (judged, spec) =>
      judged.history.dreams.filter(({ at }) => isInside(judged, at, spec)).length,
    unit: 'dreams in the window',
  }),
  capped('budgets.perWindow.changes', {
    most: ({ budgets }) => budgets.perWindow.changes,
    found: (judged, spec) =>
      judged.history.applied.filter((at) => isInside(judged, at, spec)).length + 1,
    unit: 'changes in the window',
  }),
  capped('budgets.perWindow.costUsd', {
    most: ({ budgets }) => budgets.perWindow.costUsd,
    found: (judged, spec) =>
      judged.history.dreams
        .filter(({ at }) => isInside(judged, at, spec))
        .reduce((sum, { costUsd }) => sum + costUsd, 0),
    unit: 'US dollars in the window',
  }),
]
