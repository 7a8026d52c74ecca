import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meetRamps, type Ramp, stageByClock, stages } from '../../src/core/experiment/ramp.ts'
import { defaultSpec } from '../../src/core/policy/defaults.ts'
import { fillSpec } from '../../src/core/policy/fill.ts'
import { meetRollouts } from '../../src/core/policy/rollout-terms.ts'
import { readPolicy } from '../../src/pipeline/policies/read.ts'
import { resolveTexts } from '../../src/pipeline/policies/resolve.ts'
import { makePolicy } from './_gates.ts'

const rolloutOf = (states: Readonly<Record<string, unknown>>) => makePolicy(states).spec.rollout
const day = 86_400_000
const chanceAt = (ramp: Ramp, candidates: number) =>
  ramp.find(({ until }) => until === null || candidates < until)?.pi

const anyRamp: fc.Arbitrary<Ramp> = fc
  .array(
    fc.record({ pi: fc.integer({ min: 1, max: 50 }), units: fc.integer({ min: 1, max: 99 }) }),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((steps) => {
    let until = 0
    const pis = steps.map(({ pi }) => pi / 100).toSorted((a, b) => a - b)
    return steps.map(({ units }, at) => {
      until += units
      const isLast = at === steps.length - 1
      return { pi: pis[at] ?? 0, until: isLast ? null : until, leastMs: isLast ? 0 : units }
    })
  })

describe('what policies set of an experiment', () => {
  it('is the rule itself where none says more', () => {
    expect(meetRollouts([])).toEqual({
      threshold: 20,
      ramp: stages,
      leastCoverage: 0,
      mostUnits: null,
      mostMs: null,
      holdback: { pi: 0.9, leastMs: 14 * day },
    })
    expect(meetRollouts([defaultSpec.rollout])).toEqual(meetRollouts([]))
  })

  it('is the strictest of all of them, in any order', () => {
    const all = [
      rolloutOf({ 'rollout.analysis': { alpha: 0.02, maxDuration: '28d', maxUnits: 900 } }),
      rolloutOf({ 'rollout.analysis': { minOutcomeCoverage: 0.6, maxDuration: '21d' } }),
      rolloutOf({ 'rollout.afterPromotion': { watch: '30d', holdback: 20 } }),
      rolloutOf({
        'rollout.steps': [{ weight: 5, minUnits: 100, minDuration: '24h' }, { weight: 40 }],
      }),
    ]
    const expected = {
      threshold: 50,
      leastCoverage: 0.6,
      mostUnits: 900,
      mostMs: 21 * day,
      holdback: { pi: 0.8, leastMs: 30 * day },
      ramp: [
        { pi: 0.05, until: 50, leastMs: 0 },
        { pi: 0.05, until: 100, leastMs: day },
        { pi: 0.25, until: 150, leastMs: 0 },
        { pi: 0.4, until: null, leastMs: 0 },
      ],
    }
    expect(meetRollouts(all)).toEqual(expected)
    expect(meetRollouts(all.toReversed())).toEqual(expected)
  })

  it('ramps nowhere more steeply than any of the ramps, and at some of them everywhere', () => {
    fc.assert(
      fc.property(fc.array(anyRamp, { maxLength: 3 }), fc.nat(400), (ramps, candidates) => {
        const all = [stages, ...ramps]
        const met = meetRamps(all)
        const chances = all.map((ramp) => chanceAt(ramp, candidates) as number)
        expect(chanceAt(met, candidates)).toBe(Math.min(...chances))
        expect(meetRamps(all.toReversed())).toEqual(met)
      }),
    )
  })

  it('leaves no stage before its time, whatever its units say', () => {
    const ramp = [
      { pi: 0.1, until: 50, leastMs: day },
      { pi: 0.2, until: 60, leastMs: 0 },
      { pi: 0.3, until: 70, leastMs: day },
      { pi: 0.5, until: null, leastMs: 0 },
    ]
    const at = (stage: number, wanted: number, sinceMs: number) =>
      stageByClock(ramp, { stage, wanted, sinceMs })
    expect(at(0, 3, day - 1)).toBe(0)
    expect(at(0, 3, day)).toBe(2)
    expect(at(0, 1, 9 * day)).toBe(1)
    expect(at(2, 3, day - 1)).toBe(2)
    expect(at(2, 3, day)).toBe(3)
    expect(at(0, 0, 9 * day)).toBe(0)
  })
})

describe('a policy', () => {
  const faultsOf = (rollout: unknown) =>
    readPolicy(
      'team.yaml',
      JSON.stringify({
        apiVersion: 'lucidream/v1',
        kind: 'Policy',
        metadata: { name: 'team' },
        spec: { rollout },
      }),
    ).faults.map(({ message }) => message)

  it('that asks for less than the rule does is refused by name', () => {
    const cases: readonly [object, string][] = [
      [{ analysis: { alpha: 0.1 } }, 'at most 0.05'],
      [{ analysis: { minUnitsPerArm: 10 } }, 'at least 30'],
      [{ analysis: { minTaskTypes: 1 } }, 'at least 2'],
      [{ analysis: { minPrincipals: 1 } }, 'at least 2'],
      [{ afterPromotion: { watch: '7d' } }, 'at least 14d'],
      [{ afterPromotion: { holdback: 5 } }, 'at least 10'],
      [{ steps: [{ weight: 10 }, { weight: 50 }] }, 'every step but the last says minUnits'],
      [{ steps: [{ weight: 20, minUnits: 9 }, { weight: 10 }] }, 'less weight than the one before'],
      [{ steps: [{ weight: 60 }] }, 'expected number to be <=50'],
      [
        { metrics: { guardrails: [{ name: 'a', maxDrop: 0.1, maxRise: 0.1 }] } },
        'maxDrop or maxRise',
      ],
    ]
    for (const [rollout, why] of cases) expect(faultsOf(rollout).join(), why).toContain(why)
  })

  it('that states what nothing enforces is refused by name', () => {
    for (const [rollout, field] of [
      [{ holdout: 5 }, 'holdout'],
      [{ metrics: { goal: { direction: 'up' } } }, 'metrics.goal.direction'],
      [{ analysis: { method: 'sequential' } }, 'analysis.method'],
      [{ analysis: { sampleRatioP: 0.001 } }, 'analysis.sampleRatioP'],
      [{ onInconclusive: 'hold' }, 'onInconclusive'],
      [{ promote: { cooldown: '24h' } }, 'promote.cooldown'],
      [{ rollback: { auto: [] } }, 'rollback'],
      [{ afterPromotion: { reopenOnRecurrence: true } }, 'afterPromotion.reopenOnRecurrence'],
    ] as const) {
      expect(faultsOf(rollout)[0]).toContain(`spec.rollout.${field} is not enforced yet`)
    }
  })

  it('may not want less proof of a higher risk, nor loosen what it extends', () => {
    const text = (name: string, spec: object) => ({
      file: `${name}.yaml`,
      text: JSON.stringify({
        apiVersion: 'lucidream/v1',
        kind: 'Policy',
        metadata: { name, owners: [`group:${name}`] },
        spec,
      }),
    })
    const [fault] = resolveTexts([
      text('one', { rollout: { experiment: { low: 'required' } } }),
    ]).faults
    expect(fault?.message).toContain('rollout.experiment.medium asks for less than')
    const org = text('org', {
      rollout: {
        unit: ['actor', 'block'],
        analysis: { alpha: 0.02 },
        promote: { from: ['owners'] },
      },
    })
    const team = (rollout: object) =>
      resolveTexts([org, text('team', { extends: ['org'], rollout })])
    for (const loose of [
      { unit: ['session'] },
      { analysis: { alpha: 0.03 } },
      { promote: { from: ['group:team'] } },
    ]) {
      expect(team(loose).faults[0]?.message).toContain('loosens what org.yaml')
    }
    const { policies, faults } = team({ unit: 'actor', steps: [{ weight: 30 }] })
    expect(faults).toEqual([])
    const met = policies.find(({ name }) => name === 'team')?.spec.rollout
    expect(met).toMatchObject({
      unit: ['actor'],
      analysis: { alpha: 0.02 },
      promote: { from: ['group:org'] },
    })
  })

  it('stored before a field could be said has its safe value', () => {
    const { rollout: _, ...older } = makePolicy({}).spec
    expect(fillSpec({ ...older, rollout: { promote: { mode: 'auto' } } } as never).rollout).toEqual(
      {
        ...defaultSpec.rollout,
        promote: { mode: 'auto', from: null },
      },
    )
  })
})
