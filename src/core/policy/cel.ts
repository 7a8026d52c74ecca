import { CelScalar, celEnv, isCelError, mapType, parse, plan } from '@bufbuild/cel'
import type { JudgedChange } from './decision.ts'
import { addedText, changedPercent, operationOf } from './facts.ts'
import { remember } from './remember.ts'

const group = mapType(CelScalar.STRING, CelScalar.DYN)
const env = celEnv({
  variables: {
    change: group,
    proposal: group,
    store: group,
    evidence: group,
    now: CelScalar.STRING,
  },
})

const compile = remember((expression) => plan(env, parse(expression)))

/** What expressions see; docs/policy.md lists it. Counts are doubles. */
function toFacts(judged: JudgedChange) {
  const { change, document, dream, store, evidence, now } = judged
  return {
    change: {
      path: change.path,
      operation: operationOf(change),
      text: addedText(judged),
      before: document.before ?? '',
      after: document.after ?? '',
      grade: change.grade,
      rationale: change.rationale,
      changedPercent: changedPercent(judged),
    },
    proposal: { changes: dream.changes, files: dream.files, addedBytes: dream.addedBytes },
    store: { name: store.name, files: store.files, bytes: store.bytes },
    evidence: {
      sessions: evidence.sessions,
      actors: evidence.principals,
      days: evidence.days,
      outcomes: evidence.outcomes,
      taint: judged.taint,
    },
    now,
  }
}

/** An expression that fails on a change counts as met: it only ever raises a risk. */
export function matchesCel(expression: string, judged: JudgedChange): boolean {
  try {
    const result = compile(expression)(toFacts(judged))
    return result !== false
  } catch {
    return true
  }
}

/** Why the expression cannot be used, or null: it is tried on a change that has every field. */
export function findCelFault(expression: string, sample: JudgedChange): string | null {
  try {
    const result = plan(env, parse(expression))(toFacts(sample))
    if (isCelError(result)) return result.message
    return typeof result === 'boolean' ? null : 'it gives no true or false'
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}
