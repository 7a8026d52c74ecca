import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  inputGates,
  outcomeGates,
  type ReadableSession,
  refuseOutcome,
  selectSessions,
} from '../../src/core/policy/inputs.ts'
import { airlineMemory, airlineTranscripts } from '../_airline.ts'
import { inFolder, run } from '../_program.ts'
import { makePolicy } from './_gates.ts'

const session: ReadableSession = {
  id: 'sesn_1',
  harness: 'tau-bench',
  labels: { team: 'support' },
  userTurns: 4,
  startedAt: '2026-11-20T00:00:00Z',
}
const now = '2026-11-25T00:00:00Z'

const cases: readonly (readonly [string, unknown, Partial<ReadableSession>])[] = [
  ['harnesses', ['tau-bench'], { harness: 'otel' }],
  ['includeLabels', { team: 'support' }, { labels: { team: 'sales' } }],
  ['excludeLabels', { private: 'true' }, { labels: { private: 'true' } }],
  ['minUserTurns', 2, { userTurns: 1 }],
  ['minUserTurns', 2, { userTurns: null }],
  ['maxAge', '30d', { startedAt: '2026-10-01T00:00:00Z' }],
  ['maxAge', '30d', { startedAt: null }],
]

describe('a session is not read where the policy', () => {
  for (const [name, value, given] of cases) {
    it(`states ${name} and it is ${JSON.stringify(given)}`, () => {
      const rule = `inputs.sessions.${name}`
      const select = (mode: string, every = inputGates) =>
        selectSessions(
          [makePolicy({ mode, [rule]: value })],
          [session, { ...session, ...given, id: 'sesn_2' }],
          {
            now,
            every,
          },
        )
      const enforced = select('enforce')
      expect(enforced.taken.map(({ id }) => id)).toEqual(['sesn_1'])
      expect(enforced.reasons).toMatchObject([
        { rule, path: 'sesn_2', verdict: 'deny', mode: 'enforce' },
      ])
      const audited = select('audit')
      expect(audited.taken).toHaveLength(2)
      expect(audited.reasons).toMatchObject([{ rule, mode: 'audit' }])
      // Without the gate's code it would be read.
      const removed = select(
        'enforce',
        inputGates.filter((gate) => gate.rule !== rule),
      )
      expect(removed.taken).toHaveLength(2)
    })
  }

  it('states maxPerDream and there are more: the newest are read, in their order', () => {
    const many = ['03', '05', '04'].map((day) => ({
      ...session,
      id: day,
      startedAt: `2026-11-${day}T00:00:00Z`,
    }))
    const policy = makePolicy({ 'inputs.sessions.maxPerDream': 2 })
    const { taken, reasons } = selectSessions([policy], many, { now })
    expect(taken.map(({ id }) => id)).toEqual(['05', '04'])
    expect(reasons).toMatchObject([{ rule: 'inputs.sessions.maxPerDream', path: '03' }])
  })

  it('states kinds of outcomes: others are not looked at', () => {
    const policy = makePolicy({ 'inputs.outcomes.kinds': ['csat'] })
    expect(refuseOutcome([policy], { kind: 'csat' })).toEqual([])
    expect(refuseOutcome([policy], { kind: 'task_reward' })).toEqual(['inputs.outcomes.kinds'])
    expect(refuseOutcome([makePolicy({})], { kind: 'task_reward' })).toEqual([])
  })

  it('asks for signed outcomes: others are not looked at', () => {
    const rule = 'inputs.outcomes.requireSigned'
    const strict = makePolicy({ [rule]: true })
    expect(refuseOutcome([strict], { kind: 'ci', signed: true })).toEqual([])
    expect(refuseOutcome([strict], { kind: 'ci', signed: false })).toEqual([rule])
    expect(refuseOutcome([strict], { kind: 'ci' })).toEqual([rule])
    expect(refuseOutcome([makePolicy({ [rule]: true, mode: 'audit' })], { kind: 'ci' })).toEqual([])
    // Without the gate's code it would be read.
    const others = outcomeGates.filter((gate) => gate.rule !== rule)
    expect(refuseOutcome([strict], { kind: 'ci' }, others)).toEqual([])
  })
})

describe('a dream', () => {
  it(
    'reads only the sessions and outcomes that the policy of its store permits, and says so',
    () =>
      inFolder(async (folder) => {
        const dream = async (inputs: string) => {
          const data = join(folder, inputs.length.toString())
          writeFileSync(
            join(folder, 'all.yaml'),
            `apiVersion: lucidream/v1\nkind: Policy\nmetadata: { name: all }\nspec: { appliesTo: { stores: ["*"] }, inputs: { ${inputs} } }\n`,
          )
          const options = { policyDirectory: folder }
          await run(['import', airlineTranscripts, '--data', data], options)
          const command = [
            'dream',
            '--memory',
            airlineMemory,
            '--out',
            join(data, 'out'),
            '--data',
            data,
          ]
          const { out } = await run([...command, '--json'], options)
          return JSON.parse(out)
        }
        const few = await dream('sessions: { maxPerDream: 40 }')
        expect(few.read.sessions).toBe(40)
        expect(few.silences).toContain(
          '275 sessions were left out by policy (inputs.sessions.maxPerDream).',
        )
        const blind = await dream('outcomes: { kinds: [csat] }')
        expect(blind.read).toMatchObject({ sessions: 315, succeeded: 0, failed: 0 })
        const unsigned = await dream('outcomes: { requireSigned: true }')
        expect(unsigned.read).toMatchObject({ sessions: 315, succeeded: 0, failed: 0 })
        expect(unsigned.silences.join()).toContain('(inputs.outcomes.requireSigned)')
      }),
    60_000,
  )
})
