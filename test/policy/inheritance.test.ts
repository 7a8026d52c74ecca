import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate } from '../../src/core/policy/evaluate.ts'
import { fields } from '../../src/core/policy/fields.ts'
import type { Policy } from '../../src/core/policy/policy.ts'
import { makeJudged } from '../../src/core/policy/sample.ts'
import { resolveTexts } from '../../src/pipeline/policies/resolve.ts'
import { gateCases, openSpec, setField } from './_gates.ts'

const file = (name: string, lines: readonly string[], parent?: string) => ({
  file: `${name}.yaml`,
  text: [
    'apiVersion: lucidream/v1',
    'kind: Policy',
    `metadata: { name: ${name}, owners: ["group:${name}"] }`,
    'spec:',
    ...(parent === undefined ? [] : [`  extends: [${parent}]`]),
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n'),
})
const faultsOf = (parent: string, child: string) =>
  resolveTexts([file('org', [parent]), file('team', [child], 'org')]).faults

describe('a policy that loosens what it extends is refused, and both lines are named', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['mode: enforce', 'mode: audit', 'audit is looser than enforce'],
    [
      'budgets: { perDream: { changes: 5 } }',
      'budgets: { perDream: { changes: 6 } }',
      '6 is more than 5',
    ],
    [
      'budgets: { perFile: { maxLines: 9 } }',
      'budgets: { perFile: { maxLines: none } }',
      'no limit is more than 9',
    ],
    [
      'evidence: { citations: { minPerClaim: 3 } }',
      'evidence: { citations: { minPerClaim: 2 } }',
      '2 is less than 3',
    ],
    [
      'evidence: { trust: { minimum: user } }',
      'evidence: { trust: { minimum: agent } }',
      'agent is looser than user',
    ],
    [
      'content: { links: { allowHosts: [a.org] } }',
      'content: { links: { allowHosts: [b.org] } }',
      'b.org is not among a.org',
    ],
    ['schedule: { timezone: UTC }', 'schedule: { timezone: Europe/Berlin }', 'neither is tighter'],
    [
      'approvals: { high: { from: ["role:admin"] } }',
      'approvals: { high: { from: [owners] } }',
      'group:team is not among role:admin',
    ],
    [
      'scope: { allow: [{ paths: ["/a/**"], operations: [update] }] }',
      'scope: { allow: [{ paths: ["/a/b/**"], operations: [delete] }] }',
      'delete of /a/b/** lies in no path',
    ],
    [
      'scope: { allow: [{ paths: ["/a/**"], operations: ["*"] }] }',
      'scope: { allow: [{ paths: ["/**"], operations: [update] }] }',
      'update of /** lies in no path',
    ],
  ]
  for (const [parent, child, why] of cases) {
    it(child, () => {
      const [fault, ...others] = faultsOf(parent, child)
      expect(others).toEqual([])
      expect(fault).toMatchObject({ file: 'team.yaml', line: 6 })
      expect(fault?.message).toContain('team.yaml:6')
      expect(fault?.message).toContain('org.yaml:5')
      expect(fault?.message).toContain(why)
    })
  }
})

describe('a policy that only tightens', () => {
  it('keeps what it does not mention, adds to what is forbidden, and says where each value stands', () => {
    const { policies, faults } = resolveTexts([
      file('org', [
        'content: { commands: { forbid: [a] } }',
        'budgets: { perFile: { maxLines: 9 } }',
      ]),
      file('team', ['content: { commands: { forbid: [b] } }'], 'org'),
    ])
    expect(faults).toEqual([])
    const team = policies.find(({ name }) => name === 'team')
    expect(team?.spec.content.commands.forbid).toEqual(['a', 'b'])
    expect(team?.spec.budgets.perFile.maxLines).toBe(9)
    expect(team?.sources['budgets.perFile.maxLines']).toEqual({ file: 'org.yaml', line: 6 })
  })

  it('of two parents takes the tighter', () => {
    const { policies } = resolveTexts([
      file('one', ['budgets: { perFile: { maxLines: 9, maxBytes: 5 } }']),
      file('two', ['budgets: { perFile: { maxLines: 7, maxBytes: 6 } }']),
      file('team', [], 'one, two'),
    ])
    const perFile = policies.find(({ name }) => name === 'team')?.spec.budgets.perFile
    expect(perFile).toMatchObject({ maxLines: 7, maxBytes: 5 })
  })

  it('lets nothing through that its parent stops, whatever both state', () => {
    const enforced = gateCases.filter(({ rule }) => rule !== 'scope.default')
    const some = fc.subarray([...enforced], { maxLength: 6 })
    let resolved = 0
    fc.assert(
      fc.property(some, some, fc.constantFrom(...enforced), (above, below, { judged }) => {
        const join = (cases: typeof enforced, base: object) => {
          const spec = structuredClone(base) as Record<string, unknown>
          for (const { states } of cases) {
            for (const [field, value] of Object.entries(states)) {
              setField(spec, field.split('.'), value)
            }
          }
          return spec
        }
        const text = (name: string, spec: object) => ({
          file: `${name}.yaml`,
          text: JSON.stringify({
            apiVersion: 'lucidream/v1',
            kind: 'Policy',
            metadata: { name, owners: ['group:owners'] },
            spec,
          }),
        })
        const { policies } = resolveTexts([
          text('org', join(above, openSpec)),
          text('team', { ...join(below, {}), extends: ['org'] }),
        ])
        const [org, team] = ['org', 'team'].map((name) => policies.find((one) => one.name === name))
        if (!org || !team) return
        resolved += 1
        const judge = (one: Omit<Policy, 'version'>) =>
          ['allow', 'review', 'deny'].indexOf(
            evaluate({ ...one, version: 'v' }, makeJudged(judged)).verdict,
          )
        expect(judge(team)).toBeGreaterThanOrEqual(judge(org))
      }),
      { numRuns: 200 },
    )
    expect(resolved).toBeGreaterThan(50)
  })
})

describe('a chain of policies', () => {
  it('may not be a circle, end in nothing, or stand on one at fault', () => {
    const circle = resolveTexts([file('one', [], 'two'), file('two', [], 'one')])
    expect(circle.policies).toEqual([])
    expect(circle.faults.map(({ message }) => message).join()).toContain('extends itself')
    const lost = resolveTexts([file('team', [], 'nobody')])
    expect(lost.faults).toEqual([
      {
        file: 'team.yaml',
        line: 5,
        message: 'extends "nobody", and there is no policy of that name',
      },
    ])
    const twins = resolveTexts([
      file('one', ['mode: enforce']),
      { ...file('one', ['mode: enforce']), file: 'other.yaml' },
    ])
    expect(twins.faults).toMatchObject([{ file: 'other.yaml' }])
  })

  it('may not ask less of a higher risk', () => {
    const { faults } = resolveTexts([file('one', ['approvals: { high: { mode: auto } }'])])
    expect(faults).toMatchObject([{ line: 5 }])
  })
})

it('every field says what tightening it means, and every kind of tightness is used', () => {
  const kinds = new Set([...fields.values()].map(({ kind }) => kind))
  expect([...kinds].sort()).toEqual(
    ['atLeast', 'atMost', 'layers', 'ordered', 'same', 'subset', 'union'].sort(),
  )
})
