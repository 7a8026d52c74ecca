import { describe, expect, it } from 'vitest'
import type { MemoryDocument } from '../memory.ts'
import { correctFacts } from '../propose/corrected-facts.ts'
import { taintAll } from '../trust/line-taints.ts'
import { hash, makeCase } from './_cases.ts'
import { mineBehaviours } from './behaviours.ts'
import type { Patterns } from './candidate.ts'
import type { QuotedCase } from './case.ts'
import { mine } from './mine.ts'
import { layOut } from './population.ts'
import { mineSequences } from './sequences.ts'
import { findTaskTypes } from './task-types.ts'

const input = { documents: [], hash }
const names = ({ candidates }: Patterns) => candidates.map(({ name }) => name)

/** Sessions 0 … n - 1, eight tasks and five agents, crossed. */
const makeCases = (
  n: number,
  script: (i: number) => readonly string[],
  success: (i: number) => boolean,
): QuotedCase[] =>
  Array.from({ length: n }, (_, i) =>
    makeCase(`s${String(i).padStart(4, '0')}`, script(i), {
      task: `t${Math.floor(i / 3) % 8}`,
      model: `m${i % 5}`,
      principal: `p${i % 20}`,
      success: success(i),
    }),
  )

describe('behaviours', () => {
  const seen = (...script: string[]) =>
    names(
      mineBehaviours(
        layOut(
          makeCases(
            20,
            (i) => (i < 10 ? script : ['get_user']),
            () => true,
          ),
        ),
      ),
    )

  it.each([
    [['get_user', 'transfer_to_human_agents'], 'hand over'],
    [['get_user', 'agent: I have cancelled your order.'], '“cancel” is done'],
    [['agent: Do you confirm?', 'user: hm', 'cancel_order 1'], 'before the user agreed'],
    [['agent: $10 + $20 = $40 in total.'], 'does not add up'],
  ])('see %j', (script, words) => {
    expect(seen(...script).some((name) => name.includes(words))).toBe(true)
  })

  it.each([
    [['cancel_order 1', 'transfer_to_human_agents']],
    [['cancel_order 1', 'agent: I have cancelled your order.']],
    [['agent: I will cancel it once you confirm.']],
    [['agent: Do you confirm?', 'user: yes', 'cancel_order 1']],
    [['agent: $10 + $20 = $30, and 2 × 15 = 30.']],
  ])('see nothing in %j', (script) => {
    expect(seen(...script)).toEqual([])
  })

  it('miss the look-up that successful sessions make', () => {
    const found = mineBehaviours(
      layOut(
        makeCases(
          40,
          (i) => (i % 4 === 0 ? ['agent: It costs 5.'] : ['get_price', 'agent: It costs 5.']),
          (i) => i % 4 !== 0,
        ),
      ),
    )
    expect(names(found).join()).toContain('end without `get_price`')
  })
})

describe('sequences', () => {
  const cases = makeCases(
    200,
    (i) => (i % 2 === 0 ? ['find', 'other', 'pay'] : ['pay', 'other', 'find']),
    (i) => (i % 2 === 0 ? i % 10 !== 0 : i % 9 === 0),
  )

  it('tell orders of the same calls apart', () => {
    const { findings } = mine(cases, input)
    const best = findings.find(({ key }) => key === 'sequence:find>other>pay')
    expect(best?.grade).toBe('B')
    expect(best?.effect?.permutationP).toBeLessThan(0.01)
    expect(best?.detail).toMatchObject({ acts: ['find', 'other', 'pay'], presence: 'present' })
    expect(best?.effect?.riskDifference).toBeGreaterThan(0.5)
    expect(findings.filter(({ kind }) => kind === 'step_outcome')).toEqual([])
  })

  it('are closed: none is part of another with the same sessions', () => {
    const { candidates, considered } = mineSequences(layOut(cases))
    expect(candidates).toHaveLength(2)
    expect(considered).toBeGreaterThan(2)
  })
})

describe('types of task', () => {
  it('are the source’s where it has them', () => {
    const types = findTaskTypes(
      makeCases(
        4,
        () => ['a'],
        () => true,
      ),
    )
    expect(types).toEqual({ from: 'source', of: ['type', 'type', 'type', 'type'] })
  })

  it('are clusters of requests where it has none, and then nothing is graded', () => {
    const kinds = [
      ['flight', 'cancel', 'refund'],
      ['invoice', 'payment', 'card'],
    ]
    const cases = Array.from({ length: 400 }, (_, i) =>
      makeCase(`s${i}`, i % 3 === 0 ? ['pay 1'] : ['look 1'], {
        type: null,
        intent: kinds[i % 2] ?? [],
        success: i % 3 === 0 ? i % 4 === 0 : i % 5 !== 0,
      }),
    )
    const report = mine(cases, input)
    expect(report.comparedBy).toMatchObject({
      taskTypesFrom: 'clusters',
      adjustedFor: 'task_cluster',
    })
    expect(report.findings.filter(({ grade }) => grade !== 'D')).toEqual([])
    expect(report.silences.join()).toContain('clustered by their words')
  })
})

describe('what only the agent explains', () => {
  it('is not taken for the pattern', () => {
    // One of two agents succeeds more and has a habit; within each agent the habit does nothing.
    const cases = Array.from({ length: 400 }, (_, i) => {
      const good = i % 2 === 0
      const habit = good ? i % 20 !== 0 : i % 20 === 1
      return makeCase(`s${String(i).padStart(3, '0')}`, habit ? ['plan'] : ['look'], {
        task: `t${Math.floor(i / 2) % 10}`,
        model: good ? 'good' : 'poor',
        principal: `p${i % 20}`,
        success: good ? Math.floor(i / 20) % 5 !== 0 : Math.floor(i / 20) % 5 === 0,
      })
    })
    const report = mine(cases, input)
    const family = report.families.find(({ kind }) => kind === 'step_outcome')
    expect(report.comparedBy.agentAdjusted).toBe(true)
    expect(family?.unadjustedSignificant).toBeGreaterThan(0)
    expect(family?.explainedAway).toBe(family?.unadjustedSignificant)
    expect(report.findings.filter(({ grade }) => grade !== 'D')).toEqual([])
  })
})

describe('rejected outputs', () => {
  it('are counted by what rejects them, a check and its score once', () => {
    const cases = makeCases(
      40,
      (i) => [i % 4 === 0 ? 'pay 1' : 'send 1'],
      (i) => i % 4 !== 0,
    ).map((one) => ({
      ...one,
      components: { tone: one.success ? 1 : 0, tone_score: one.success ? 1 : 0, scale: 'x' },
    }))
    const found = mine(cases, input).findings.filter(({ kind }) => kind === 'rejected_output')
    expect(found.map(({ detail }) => detail)).toEqual([
      {
        kind: 'rejected_output',
        criterion: 'tone',
        rejected: 10,
        judged: 40,
        mostAfter: 'pay',
      },
    ])
    expect(found[0]).toMatchObject({ grade: 'D', effect: null })
  })
})

describe('observed facts', () => {
  const document: MemoryDocument = {
    path: '/fees.md',
    content: '# Fees\n\n- Bag fee of HAT1 is 50 dollars for 3 bags.\n- Bag fee of HAT2 is 20.\n',
    contentSha256: 'x',
  }
  const observing = (values: readonly string[]) =>
    values.map((value, i) => {
      const one = makeCase(`s${i}`, ['get_flight 1'])
      const observations = [{ step: 0, entity: 'HAT1', attribute: 'bag_fee', value }]
      return { ...one, trace: { ...one.trace, observations } }
    })
  const mineFacts = (values: readonly string[]) =>
    mine(observing(values), { documents: [document], hash }).findings.filter(
      ({ kind }) => kind === 'observed_fact',
    )

  it('are values that all tools state and the memory states otherwise', () => {
    const found = mineFacts(['60', '60', '60'])
    expect(found.map(({ title }) => title)).toEqual([
      'Tools state bag_fee of HAT1 as 60, the memory as 50',
    ])
    const [change] = correctFacts(found, [document], {
      hash,
      taints: taintAll([document], 'operator'),
    })
    expect(change?.after).toBe('- Bag fee of HAT1 is 60 dollars for 3 bags.')
  })

  it.each([[['50', '50', '50']], [['60', '61', '60']], [['60']]])(
    'are none in %j',
    (values: string[]) => {
      expect(mineFacts(values)).toEqual([])
    },
  )
})

describe('keys', () => {
  it('name one finding each, also where two groups have the same words', () => {
    // Two small groups with the same request that fail, told apart only by what they call.
    const cases = Array.from({ length: 400 }, (_, i) => {
      const group = i < 8 ? 'left' : i < 16 ? 'right' : 'rest'
      const calls =
        group === 'rest' ? ['open 1'] : Array.from({ length: 6 }, (__, at) => `${group}_${at} 1`)
      return makeCase(`s${String(i).padStart(3, '0')}`, ['user: help', ...calls], {
        task: `t${i}`,
        intent: group === 'rest' ? [`word${i % 40}`] : ['odd'],
        success: group === 'rest' && i % 3 !== 0,
      })
    })
    const found = mine(cases, input).findings.filter(({ kind }) => kind === 'edge_case')
    expect(found.map(({ key }) => key)).toEqual(['edge_case:odd', 'edge_case:odd~2'])
  })
})
