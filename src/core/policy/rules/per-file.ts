import { afterBytes, afterLines, changedPercent } from '../facts.ts'
import { capped, type Gate } from './gate.ts'

export const perFile: readonly Gate[] = [
  capped('budgets.perFile.maxBytes', {
    most: ({ budgets }) => budgets.perFile.maxBytes,
    found: afterBytes,
    unit: 'bytes',
  }),
  capped('budgets.perFile.maxLines', {
    most: ({ budgets }) => budgets.perFile.maxLines,
    found: afterLines,
    unit: 'lines',
  }),
  capped('budgets.perFile.maxChangedPercent', {
    most: ({ budgets }) => budgets.perFile.maxChangedPercent,
    found: changedPercent,
    unit: '% of the memory',
  }),
]
