import { describe, expect, it } from 'vitest'
import { evaluate } from '../../src/core/policy/evaluate.ts'
import { gates } from '../../src/core/policy/rules/gates.ts'
import { makeJudged } from '../../src/core/policy/sample.ts'
import {
  findFault,
  gateCases,
  gatesWithoutField,
  judgeCritics,
  listFaultyBypasses,
  makePolicy,
} from './_gates.ts'

describe('the open policy', () => {
  it('lets the harmless change through by itself', () => {
    expect(evaluate(makePolicy({}), makeJudged({}))).toMatchObject({
      verdict: 'allow',
      reasons: [],
    })
  })
})

describe('a change that passes without the gate is stopped by it, and only recorded in audit', () => {
  for (const one of gateCases) {
    it(one.rule, () => {
      expect(findFault(one)).toBeNull()
    })
  }

  it('critics, whatever the policy says', () => {
    expect(judgeCritics()).toEqual(['allow', 'review', 'deny', 'allow'])
  })

  it('and the glass is broken only by whom, and for as long as, the policy says', () => {
    expect(listFaultyBypasses()).toEqual([])
  })

  it('and no gate is without its case', () => {
    const tried = new Set([...gateCases.map(({ rule }) => rule), ...gatesWithoutField])
    expect(gates.map(({ rule }) => rule).filter((rule) => !tried.has(rule))).toEqual([])
  })
})

describe('an audited gate', () => {
  it('leaves its reason in the decision, and a person decides', () => {
    const states = { mode: 'audit', 'content.format.html': false }
    const change = makeJudged({ document: { before: '', after: '<b>x</b>\n' }, approvals: [] })
    expect(evaluate(makePolicy(states), change)).toMatchObject({
      verdict: 'review',
      reasons: [
        { rule: 'approvals.low', mode: 'enforce' },
        { rule: 'content.format.html', mode: 'audit', verdict: 'deny' },
      ],
    })
  })
})
