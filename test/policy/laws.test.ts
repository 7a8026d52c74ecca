import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JudgedChange, origins, risks, type Verdict } from '../../src/core/policy/decision.ts'
import { decide, evaluate } from '../../src/core/policy/evaluate.ts'
import type { Policy } from '../../src/core/policy/policy.ts'
import { gates } from '../../src/core/policy/rules/gates.ts'
import { makeJudged } from '../../src/core/policy/sample.ts'
import { gateCases, makePolicy } from './_gates.ts'

const strictness = (verdict: Verdict) => ['allow', 'review', 'deny'].indexOf(verdict)

/** Any change: parts of the gates' own cases mixed, with numbers and origins of every size. */
const anyChange: fc.Arbitrary<JudgedChange> = fc
  .record({
    cases: fc.subarray([...gateCases], { maxLength: 4 }),
    moment: fc.constantFrom('propose', 'apply'),
    taint: fc.constantFrom(...origins),
    operation: fc.constantFrom('add', 'edit', 'merge', 'supersede', 'retire', 'move'),
    leaves: fc.constantFrom('content', 'absent'),
    path: fc.constantFrom('/runbooks/a.md', '/notes/b.md', '/AGENTS.md', '/x.txt'),
    after: fc.option(fc.string({ unit: 'binary', maxLength: 200 })),
    sessions: fc.nat(20),
    approved: fc.boolean(),
  })
  .map(({ cases, moment, taint, operation, leaves, path, after, sessions, approved }) => {
    const mixed = Object.assign({}, ...cases.map(({ judged }) => judged))
    const base = makeJudged(mixed)
    return makeJudged({
      ...base,
      moment,
      taint,
      change: { ...base.change, operation, leaves, path },
      document: { before: base.document.before, after },
      evidence: { ...base.evidence, sessions },
      approvals: approved ? base.approvals : [],
    })
  })

/** Any policy that can be read: the open one with some gates' statements. */
const anyPolicy: fc.Arbitrary<Policy> = fc
  .record({
    cases: fc.subarray([...gateCases], { maxLength: 5 }),
    mode: fc.constantFrom('enforce', 'audit', 'off'),
    version: fc.string(),
  })
  .map(({ cases, mode, version }) => {
    const states = Object.assign({}, ...cases.map(({ states: own }) => own))
    return { ...makePolicy({ ...states, mode }), version }
  })

describe('for every policy and every change', () => {
  it('there is a decision, and the same one again', () => {
    fc.assert(
      fc.property(anyPolicy, anyChange, (policy, change) => {
        const decision = evaluate(policy, change)
        expect(risks).toContain(decision.risk)
        expect(JSON.stringify(evaluate(policy, change))).toBe(JSON.stringify(decision))
      }),
    )
  })

  it('the order of gates and policies does not matter, to the byte', () => {
    fc.assert(
      fc.property(
        fc.array(anyPolicy, { maxLength: 3 }),
        anyChange,
        fc.shuffledSubarray([...gates], { minLength: gates.length }),
        (policies, change, shuffled) => {
          const [first] = policies
          if (first) {
            expect(JSON.stringify(evaluate(first, change, shuffled))).toBe(
              JSON.stringify(evaluate(first, change)),
            )
          }
          const versions = new Set(policies.map(({ version }) => version))
          fc.pre(versions.size === policies.length)
          expect(JSON.stringify(decide(policies.toReversed(), change))).toBe(
            JSON.stringify(decide(policies, change)),
          )
        },
      ),
    )
  })

  it('one more denying rule never lets more through', () => {
    fc.assert(
      fc.property(anyPolicy, anyChange, fc.constantFrom(...gateCases), (policy, change, added) => {
        const denying = {
          rule: added.rule,
          judge: () => [{ value: 'x', limit: 'y', verdict: added.verdict }],
        }
        const before = evaluate(policy, change)
        const after = evaluate(policy, change, [...gates, denying])
        expect(strictness(after.verdict)).toBeGreaterThanOrEqual(strictness(before.verdict))
        const { spec } = policy
        const rule = { paths: ['/**'], operations: ['*'] as const, reason: 'no' }
        const scope = { ...spec.scope, deny: [...spec.scope.deny, rule] }
        const denied = evaluate({ ...policy, spec: { ...spec, scope } }, change)
        expect(strictness(denied.verdict)).toBeGreaterThanOrEqual(strictness(before.verdict))
        if (spec.mode === 'enforce') expect(denied.verdict).toBe('deny')
      }),
    )
  })

  it('one more policy never lets more through than there was with a policy', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, anyChange, (one, other, change) => {
        fc.pre(one.spec.mode !== 'off')
        const before = decide([one], change).verdict
        expect(strictness(decide([one, other], change).verdict)).toBeGreaterThanOrEqual(
          strictness(before),
        )
      }),
    )
  })

  it('an audited policy takes nothing by itself', () => {
    fc.assert(
      fc.property(anyPolicy, anyChange, (policy, change) => {
        const audited = { ...policy, spec: { ...policy.spec, mode: 'audit' as const } }
        const { verdict, approvals } = evaluate(audited, { ...change, approvals: [] })
        expect(verdict).not.toBe('allow')
        expect(approvals.count).toBeGreaterThan(0)
      }),
    )
  })
})

describe('without a policy', () => {
  it('everything may be proposed, and nothing is applied', () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        expect(decide([], { ...change, moment: 'propose' }).verdict).toBe('review')
        expect(decide([], { ...change, moment: 'apply' }).verdict).toBe('deny')
      }),
    )
  })
})
