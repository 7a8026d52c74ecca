import { describe, expect, it } from 'vitest'
import { defaultSpec } from '../../src/core/policy/defaults.ts'
import { fields } from '../../src/core/policy/fields.ts'
import { renderPolicySchema } from '../../src/pipeline/policies/json-schema.ts'
import { policyFileBytes, readPolicy } from '../../src/pipeline/policies/read.ts'
import { resolveTexts } from '../../src/pipeline/policies/resolve.ts'
import { notEnforced, valuesNotEnforced } from '../../src/pipeline/policies/schema.ts'

const head = 'apiVersion: lucidream/v1\nkind: Policy\nmetadata: { name: one }\nspec:\n'
const faultsOf = (spec: string) => readPolicy('one.yaml', head + spec).faults

describe('a fault names its line and what is wrong', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['  budgets:\n    perDraem: {}\n', 6, 'spec.budgets.perDraem is no field of a policy'],
    ['  mode: enforce\n  mode: off\n', 6, 'unique'],
    ['  budgets:\n    perDream:\n      changes: -1\n', 7, 'changes'],
    ['  budgets: { perDream: { wallClock: soon } }\n', 5, 'spec.budgets.perDream.wallClock'],
    [
      '  scope:\n    allow:\n      - { paths: [runbooks], operations: [create] }\n',
      7,
      'begins with "/"',
    ],
    ['  content:\n    patterns:\n      - { id: a, re2: "(" }\n', 7, 'pattern "a"'],
    ['  content:\n    patterns:\n      - { id: a, re2: "(?=x)" }\n', 7, 're2'],
    [
      '  risk:\n    rules:\n      - id: a\n        level: high\n        when:\n          cel: change.nope\n',
      10,
      'nope',
    ],
    [
      '  risk: { rules: [{ id: a, level: high, when: { cel: change.text } }] }\n',
      5,
      'true or false',
    ],
    ['  schedule: { timezone: Mars/Olympus }\n', 5, 'IANA'],
    ['  approvals: { rules: { requesterMayNotApprove: false } }\n', 5, 'never approves'],
    ['  approvals: { rules: { expireAfter: 30d } }\n', 5, '14d'],
    ['  mode: [\n', 6, ''],
  ]
  for (const [spec, line, message] of cases) {
    it(spec.trim().replace(/\s+/g, ' '), () => {
      const [fault] = faultsOf(spec)
      expect(fault?.line).toBe(line)
      expect(fault?.message).toContain(message)
    })
  }
})

describe('what nothing enforces yet is refused by name', () => {
  const nest = (path: readonly string[], value: unknown): unknown =>
    path.length === 0 ? value : { [path[0] ?? '']: nest(path.slice(1), value) }
  const all = [
    ...notEnforced.map((field) => ({ field, value: {} as unknown })),
    ...valuesNotEnforced.map((one) => ({ ...one, value: one.value as unknown })),
  ]
  for (const { field, value } of all) {
    it(`${field} ${typeof value === 'string' ? value : ''}`, () => {
      const text = JSON.stringify({
        apiVersion: 'lucidream/v1',
        kind: 'Policy',
        metadata: { name: 'one' },
        spec: nest(field.split('.'), value),
      })
      const [fault] = readPolicy('one.yaml', text).faults
      expect(fault?.message).toContain(`spec.${field}`)
      expect(fault?.message).toContain('not enforced yet')
    })
  }
})

describe('a hostile file', () => {
  it('costs little and is refused', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (let level = 0; level < 20; level += 1) {
      bomb.push(
        `b${level}: &b${level} [${Array(9)
          .fill(level === 0 ? '*a' : `*b${level - 1}`)
          .join()}]`,
      )
    }
    for (const text of [
      bomb.join('\n'),
      '['.repeat(100_000),
      'x'.repeat(policyFileBytes + 1),
      '',
      '\0',
    ]) {
      expect(readPolicy('one.yaml', text).faults.length).toBeGreaterThan(0)
    }
  })
})

describe('the fields of a policy', () => {
  const leaves = (value: unknown, path: string): string[] =>
    fields.has(path) || typeof value !== 'object' || value === null || Array.isArray(value)
      ? [path]
      : Object.entries(value).flatMap(([name, inner]) =>
          leaves(inner, path === '' ? name : `${path}.${name}`),
        )

  it('each have a safe default', () => {
    expect(leaves(defaultSpec, '').sort()).toEqual([...fields.keys()].sort())
  })

  it('are those of the published schema, and no others', () => {
    type Schema = { readonly properties?: Record<string, Schema> }
    const walk = (schema: Schema, path: string): string[] =>
      fields.has(path) || schema.properties === undefined
        ? [path]
        : Object.entries(schema.properties).flatMap(([name, inner]) =>
            walk(inner, path === '' ? name : `${path}.${name}`),
          )
    const schema = JSON.parse(renderPolicySchema()) as { properties: { spec: Schema } }
    const written = walk(schema.properties.spec, '').filter((field) => !fields.has(field))
    // Of these there is only one value, or they say where the policy stands.
    expect(written.sort()).toEqual([
      'appliesTo.stores',
      'approvals.rules.dismissStaleOnEdit',
      'approvals.rules.perHunk',
      'approvals.rules.requesterMayNotApprove',
      'budgets.openProposals.onExceed',
      'evidence.counterEvidence.showInReview',
      'extends',
    ])
    expect(new Set(walk(schema.properties.spec, '')).isSupersetOf(new Set(fields.keys()))).toBe(
      true,
    )
  })

  it('of an empty policy are all defaults: it lets dreams propose and applies nothing', () => {
    const { policies } = resolveTexts([{ file: 'one.yaml', text: `${head}  {}\n` }])
    expect(policies[0]?.spec).toEqual({
      ...defaultSpec,
      approvals: {
        ...defaultSpec.approvals,
        ...Object.fromEntries(
          (['low', 'medium', 'high', 'critical'] as const).map((risk) => [
            risk,
            { ...defaultSpec.approvals[risk], from: ['role:admin'] },
          ]),
        ),
      },
    })
  })
})
