import { dirname, isAbsolute, join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { DomainError } from '../../core/errors.ts'
import { type Decision, risks } from '../../core/policy/decision.ts'
import { decide } from '../../core/policy/evaluate.ts'
import type { Policy } from '../../core/policy/policy.ts'
import { findPartFault, makeJudged } from '../../core/policy/sample.ts'
import { readPolicyFile } from './folder.ts'
import { resolveTexts, showFault } from './resolve.ts'

const fixtureFile = z.strictObject({
  /** Beside this file; parents as well. */
  policies: z.array(z.string().min(1)).min(1).max(50),
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        /** By name; left out: every policy that names stores. */
        policy: z.string().optional(),
        /** Parts of a change; what is left out is that of a change that nothing speaks against. */
        judged: z.record(z.string(), z.unknown()).default({}),
        expect: z.strictObject({
          verdict: z.enum(['allow', 'review', 'deny']),
          /** Has to be among the reasons. */
          rule: z.string().optional(),
          risk: z.enum(risks).optional(),
        }),
      }),
    )
    .min(1)
    .max(1_000),
})
type Fixture = z.output<typeof fixtureFile>['cases'][number]

export interface FixtureResult {
  readonly file: string
  readonly name: string
  /** What was expected and is not so; null where it is. */
  readonly missing: string | null
  readonly decision: Decision
}

/** Judges every case of a file of fixtures by the policies that it names. */
export async function runFixtures(path: string): Promise<FixtureResult[]> {
  const { text } = await readPolicyFile(path)
  const { policies: names, cases } = readFixtures(path, text)
  const beside = (name: string) => (isAbsolute(name) ? name : join(dirname(path), name))
  const texts = await Promise.all(names.map((name) => readPolicyFile(beside(name))))
  const { policies, faults } = resolveTexts(texts)
  if (faults.length > 0) {
    throw new DomainError('invalid_config', faults.map(showFault).join('\n'))
  }
  const all = policies.map(({ name, stores, spec }) => ({ name, stores, spec, version: name }))
  return cases.map((one) => judge(path, one, all))
}

function readFixtures(path: string, text: string): z.output<typeof fixtureFile> {
  let plain: unknown
  try {
    plain = parse(text, { maxAliasCount: 20 })
  } catch (cause) {
    throw new DomainError('invalid_argument', `${path}: ${String(cause)}`, { cause })
  }
  const parsed = fixtureFile.safeParse(plain)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new DomainError('invalid_argument', `${path}: ${issues.join('; ')}`)
}

function judge(path: string, fixture: Fixture, all: readonly Policy[]): FixtureResult {
  const { name, policy: wanted, judged, expect } = fixture
  const fault = findPartFault(judged)
  if (fault !== null) throw new DomainError('invalid_argument', `${path}: "${name}": ${fault}`)
  const speaking = all.filter((one) =>
    wanted === undefined ? one.stores.length > 0 : one.name === wanted,
  )
  if (wanted !== undefined && speaking.length === 0) {
    throw new DomainError('invalid_argument', `${path}: "${name}": there is no policy ${wanted}.`)
  }
  const decision = decide(speaking, makeJudged(judged))
  return { file: path, name, missing: findMissing(decision, expect), decision }
}

function findMissing(decision: Decision, expect: Fixture['expect']): string | null {
  if (decision.verdict !== expect.verdict) {
    return `expected ${expect.verdict}, it is ${decision.verdict}`
  }
  if (expect.risk !== undefined && decision.risk !== expect.risk) {
    return `expected risk ${expect.risk}, it is ${decision.risk}`
  }
  const { rule } = expect
  if (rule === undefined || decision.reasons.some((one) => one.rule === rule)) return null
  return `expected ${rule} among the reasons`
}
