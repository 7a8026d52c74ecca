import { CelScalar, celEnv, isCelError, mapType, parse, plan } from '@bufbuild/cel'
import { remember } from '../policy/remember.ts'
import type { GoalSignal } from './goal.ts'

const env = celEnv({ variables: { signal: mapType(CelScalar.STRING, CelScalar.DYN) } })
const compile = remember((expression) => plan(env, parse(expression)))

/** What expressions see; docs/outcomes.md lists it. Null stands as -1 for numbers and as '' for texts. */
const toFacts = (signal: GoalSignal) => ({
  signal: {
    kind: signal.kind,
    source: signal.source,
    value: signal.value ?? -1,
    decided: signal.success !== null || signal.value !== null,
    success: signal.success === true,
    principal: signal.principal ?? '',
    signed: signal.signed,
    final: signal.final === true,
    confidence: signal.confidence,
    components: Object.fromEntries(
      Object.entries(signal.components).map(([name, part]) => [name, part ?? '']),
    ),
    subjects: Object.fromEntries(signal.subjects.map(({ type, value }) => [type, value])),
  },
})

/** An expression that fails on a signal counts as not met: only what is understood makes a goal. */
export function meetsCondition(expression: string, signal: GoalSignal): boolean {
  try {
    return compile(expression)(toFacts(signal)) === true
  } catch {
    return false
  }
}

/** Why the expression cannot be used, or null: it is tried on a signal that has every field. */
export function findConditionFault(expression: string): string | null {
  try {
    const result = plan(env, parse(expression))(toFacts(sample))
    if (isCelError(result)) return isUnknownPart(expression, result.message) ? null : result.message
    return typeof result === 'boolean' ? null : 'it gives no true or false'
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

/** A part or subject that the sample has not got may well stand in a real signal; a field of `signal` may not. */
function isUnknownPart(expression: string, message: string): boolean {
  const [, name] = /field not found: (.+)$/.exec(message) ?? []
  return name !== undefined && !expression.includes(`signal.${name}`)
}

const sample: GoalSignal = {
  id: 'osig_sample' as GoalSignal['id'],
  kind: 'ci',
  source: 'sample',
  value: 1,
  success: true,
  components: {},
  principal: 'someone',
  signed: true,
  subjects: [],
  final: true,
  decidedAt: '2026-01-01T00:00:00.000Z',
  createdAt: '2026-01-01T00:00:00.000Z',
  confidence: 'exact',
}
