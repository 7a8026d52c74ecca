import type { JudgedChange } from '../decision.ts'
import type { PolicySpec } from '../policy.ts'
import { capped, type Gate } from './gate.ts'

const count = (
  name: keyof PolicySpec['budgets']['perDream'],
  found: (dream: JudgedChange['dream']) => number,
  unit: string,
): Gate =>
  capped(`budgets.perDream.${name}`, {
    most: ({ budgets }) => budgets.perDream[name],
    found: ({ dream }) => found(dream),
    unit,
  })

/** Of a dream that went too far nothing is taken: which part would be right, a person says. */
export const perDream: readonly Gate[] = [
  count('changes', (dream) => dream.changes, 'changes in this dream'),
  count('files', (dream) => dream.files, 'files in this dream'),
  count('addedBytes', (dream) => dream.addedBytes, 'bytes added by this dream'),
  count('removedBytes', (dream) => dream.removedBytes, 'bytes removed by this dream'),
  count('modelTokens', (dream) => dream.modelTokens, 'model tokens'),
  count('costUsd', (dream) => dream.costUsd, 'US dollars'),
  count('wallClock', (dream) => dream.wallClockMs, 'ms'),
]
