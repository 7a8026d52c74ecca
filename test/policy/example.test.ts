import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  policyCheckDocument,
  policyDiffDocument,
  policyExplanationDocument,
  policyTestDocument,
} from '../../src/contract/policy.ts'
import { airlineMemory, airlineTranscripts } from '../_airline.ts'
import { inFolder, run } from '../_program.ts'

const policies = 'docs/examples/policies'

describe('the example of the documentation', () => {
  it('is in order', async () => {
    const { code, out } = await run(['policy', 'check', policies, '--json'])
    expect(code).toBe(0)
    const { policies: read, faults } = policyCheckDocument.parse(JSON.parse(out))
    expect(faults).toEqual([])
    expect(read.map(({ name }) => name)).toEqual(['org-baseline', 'support-agents'])
  })

  it('passes its own fixtures', async () => {
    const { code, out } = await run(['policy', 'test', 'docs/examples/policy-tests.yaml', '--json'])
    const document = policyTestDocument.parse(JSON.parse(out))
    expect(document.cases.filter(({ passed }) => !passed)).toEqual([])
    expect([code, document.failed]).toEqual([0, 0])
  })

  it('stands in the documentation as it is', () => {
    const page = readFileSync('docs/policy.md', 'utf8')
    const [, shown] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
    expect(shown).toBe(readFileSync(`${policies}/support.yaml`, 'utf8').replace(/^#.*\n/, ''))
  })
})

describe('lucidream policy', () => {
  it('check names every fault by file and line, and ends with the code of a wrong configuration', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'bad.yaml')
      writeFileSync(
        path,
        'apiVersion: lucidream/v1\nkind: Policy\nmetadata: {}\nspec: { retention: {} }\n',
      )
      const { code, out } = await run(['policy', 'check', path])
      expect(code).toBe(3)
      expect(out).toContain(`${path}:4: spec.retention is not enforced yet`)
      expect((await run(['policy', 'check', join(folder, 'none.yaml')])).code).toBe(5)
    }))

  it('test fails where a verdict is another one, and refuses parts that no change has', () =>
    inFolder(async (folder) => {
      const fixtures = (judged: string) => {
        const path = join(folder, 'tests.yaml')
        const policy = join(process.cwd(), policies, 'org-baseline.yaml')
        writeFileSync(
          path,
          `policies: [${policy}]\ncases:\n  - { name: a, policy: org-baseline, judged: ${judged}, expect: { verdict: allow } }\n`,
        )
        return run(['policy', 'test', path])
      }
      const failed = await fixtures('{}')
      expect(failed.code).toBe(1)
      expect(failed.out).toContain('expected allow, it is deny')
      const unknown = await fixtures('{ evidence: { sesions: 3 } }')
      expect(unknown.code).toBe(2)
      expect(unknown.err).toContain('evidence.sesions is no part of a judged change')
    }))

  it(
    'explains a stored change, and compares what a new file would do to past proposals',
    () =>
      inFolder(async (folder) => {
        const data = ['--data', join(folder, 'data')]
        await run(['import', airlineTranscripts, ...data])
        await run(['dream', '--memory', airlineMemory, '--out', join(folder, 'out'), ...data])
        const { out } = await run(['changes', '--json', ...data])
        const [change] = JSON.parse(out).data
        const explained = await run(['policy', 'explain', change.id, '--json', ...data])
        expect(policyExplanationDocument.parse(JSON.parse(explained.out))).toMatchObject({
          change_id: change.id,
          policies: [],
          decision: { verdict: 'review', policy_version: null },
        })
        const applied = await run(['policy', 'explain', change.id, '--apply', '--json', ...data])
        expect(JSON.parse(applied.out).decision.verdict).toBe('deny')
        const path = join(folder, 'all.yaml')
        writeFileSync(
          path,
          'apiVersion: lucidream/v1\nkind: Policy\nmetadata: { name: all }\nspec: { appliesTo: { stores: ["*"] } }\n',
        )
        const compared = await run(['policy', 'diff', path, '--json', ...data])
        const document = policyDiffDocument.parse(JSON.parse(compared.out))
        expect(document.changes).toBeGreaterThan(0)
        expect(document.differing).toHaveLength(document.changes)
        for (const { proposed } of document.differing) {
          expect(proposed).toMatchObject({ verdict: 'deny', policy_version: 'all' })
        }
      }),
    60_000,
  )
})
