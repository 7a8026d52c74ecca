import type { JudgedChange } from '../decision.ts'
import { afterBytes, afterLines } from '../facts.ts'
import { matchesGlob } from '../glob.ts'
import type { PolicySpec } from '../policy.ts'
import { capped, type Gate } from './gate.ts'

/** Files that agents read at every start: a line too many there is paid by every session. */
export const isAlwaysLoaded = ({ budgets }: PolicySpec, { change }: JudgedChange): boolean =>
  budgets.alwaysLoaded.files.some((pattern) => matchesGlob(pattern, change.path))

const ofThem =
  (measure: (judged: JudgedChange) => number | null) => (judged: JudgedChange, spec: PolicySpec) =>
    isAlwaysLoaded(spec, judged) ? measure(judged) : null

/** Tokens are estimated at four characters each. */
const afterTokens = ({ document }: JudgedChange) =>
  document.after === null ? null : Math.ceil(document.after.length / 4)

export const alwaysLoaded: readonly Gate[] = [
  capped('budgets.alwaysLoaded.maxLines', {
    most: ({ budgets }) => budgets.alwaysLoaded.maxLines,
    found: ofThem(afterLines),
    unit: 'lines',
  }),
  capped('budgets.alwaysLoaded.maxBytes', {
    most: ({ budgets }) => budgets.alwaysLoaded.maxBytes,
    found: ofThem(afterBytes),
    unit: 'bytes',
  }),
  capped('budgets.alwaysLoaded.maxTokens', {
    most: ({ budgets }) => budgets.alwaysLoaded.maxTokens,
    found: ofThem(afterTokens),
    unit: 'tokens',
  }),
]
