import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  PolicyCheckDocument,
  PolicyDiffDocument,
  PolicyExplanationDocument,
  PolicyInitDocument,
  PolicyTestDocument,
} from '../../contract/policy.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { decide } from '../../core/policy/evaluate.ts'
import { presentDecision } from '../../core/present/review.ts'
import { runFixtures } from '../../pipeline/policies/fixtures.ts'
import { readPolicyFile, readPolicyFolder } from '../../pipeline/policies/folder.ts'
import { refreshPolicies } from '../../pipeline/policies/refresh.ts'
import { replayDays, replayProposals } from '../../pipeline/policies/replay.ts'
import { type PolicyText, resolveTexts, showFault } from '../../pipeline/policies/resolve.ts'
import { installStarterPolicy } from '../../pipeline/policies/starter.ts'
import { describeChanges } from '../../storage/judging.ts'
import { listStorePolicies, toPolicy } from '../../storage/policies.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { findNamedDream, pickByPrefix } from '../latest-dream.ts'
import { showDecision, showReasons } from '../report/decision.ts'
import { plural, showForeign } from '../text.ts'

/** Puts the starter policy into the policy folder, so that people may approve what dreams propose. */
export function runPolicyInit(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const path = await installStarterPolicy(context)
    const document: PolicyInitDocument = { version: 1, kind: 'policy_init', path }
    invocation.print(document, () => [
      `${path}: one person approves each change. It is yours to tighten.`,
    ])
    return exitCodes.ok
  })
}

/** Reads policies as the server would and says what is wrong with them; needs no database. */
export async function runPolicyCheck(
  invocation: Invocation,
  paths: readonly string[],
): Promise<number> {
  const texts = (await Promise.all(paths.map(readPath))).flat()
  const { policies, faults } = resolveTexts(texts)
  const document: PolicyCheckDocument = {
    version: 1,
    kind: 'policy_check',
    policies: policies.map(({ file, name, stores }) => ({ file, name, stores: [...stores] })),
    faults: faults.map(({ file, line, message }) => ({ file, line, message })),
  }
  invocation.print(document, () => [
    ...policies.map(
      ({ name, file, stores }) =>
        `${showForeign(name)} (${showForeign(file)}): ${
          stores.length === 0
            ? 'names no stores; it holds only where others extend it'
            : `stores ${stores.map(showForeign).join(', ')}`
        }`,
    ),
    ...faults.map((fault) => showForeign(showFault(fault))),
    faults.length === 0
      ? `${plural(texts.length, 'file')} in order`
      : plural(faults.length, 'fault'),
  ])
  return faults.length === 0 ? exitCodes.ok : exitCodes.config
}

/** Runs fixtures: changes with the verdict that a policy should give. */
export async function runPolicyTest(
  invocation: Invocation,
  paths: readonly string[],
): Promise<number> {
  const results = (await Promise.all(paths.map(runFixtures))).flat()
  const failed = results.filter(({ missing }) => missing !== null)
  const document: PolicyTestDocument = {
    version: 1,
    kind: 'policy_test',
    passed: results.length - failed.length,
    failed: failed.length,
    cases: results.map(({ file, name, missing, decision }) => ({
      file,
      name,
      passed: missing === null,
      missing,
      decision: presentDecision(decision),
    })),
  }
  invocation.print(document, () => [
    ...results.flatMap(({ name, missing, decision }) =>
      missing === null
        ? [`ok    ${showForeign(name)}`]
        : [`FAILED ${showForeign(name)}: ${missing}`, ...showDecision(decision)],
    ),
    `${results.length - failed.length} of ${plural(results.length, 'case')} passed`,
  ])
  return failed.length === 0 ? exitCodes.ok : exitCodes.failed
}

export interface ExplainOptions extends GlobalOptions {
  readonly dream?: string
  readonly apply?: boolean
  readonly try?: boolean
}

/** What policy says of a proposed change now, with every reason. */
export function runPolicyExplain(
  invocation: Invocation,
  id: string,
  options: ExplainOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    await refreshPolicies(context)
    const moment = readMoment(options)
    const at = toTimestamp(context.clock())
    const { all, applying } = await context.database.read(async (reader) => {
      const { id: dreamId, inputStoreId } = await findNamedDream(reader, options.dream)
      return {
        all: await describeChanges({ ...reader, hash: context.hash, at }, dreamId, moment),
        applying: (await listStorePolicies(reader, inputStoreId)).map(toPolicy),
      }
    })
    const { judged } = pickByPrefix(
      all.map(({ stored, judged: one }) => ({ id: stored.id, judged: one })),
      id,
      'change',
    )
    const decision = decide(applying, judged)
    const chosen = all.find((one) => one.judged === judged)
    const document: PolicyExplanationDocument = {
      version: 1,
      kind: 'policy_explanation',
      change_id: chosen?.stored.id ?? id,
      path: judged.change.path,
      moment,
      policies: applying.map(({ name, version }) => ({ name, version })),
      decision: presentDecision(decision),
    }
    invocation.print(document, () => [
      `${document.change_id} ${showForeign(document.path)}, ${moments[moment]}`,
      `policies: ${applying.map(({ name }) => showForeign(name)).join(', ') || 'none applies'}`,
      ...showDecision(decision),
    ])
    return exitCodes.ok
  })
}

const moments = {
  propose: 'as a proposal',
  try: 'to be tried in its experiment',
  apply: 'to be applied',
} as const

function readMoment({ apply, try: tries }: ExplainOptions): keyof typeof moments {
  if (apply && tries) {
    throw new DomainError('invalid_argument', 'Say --apply or --try, one of them.')
  }
  if (apply) return 'apply'
  return tries ? 'try' : 'propose'
}

/** What would become of past proposals under another file. */
export function runPolicyDiff(
  invocation: Invocation,
  path: string,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    await refreshPolicies(context)
    const { changes, differing } = await replayProposals(context, await readPolicyFile(path))
    const document: PolicyDiffDocument = {
      version: 1,
      kind: 'policy_diff',
      days: replayDays,
      changes,
      differing: differing.map(({ changeId, path: memory, current, proposed }) => ({
        change_id: changeId,
        path: memory,
        current: presentDecision(current),
        proposed: presentDecision(proposed),
      })),
    }
    invocation.print(document, () => [
      ...differing.flatMap(({ changeId, path: memory, current, proposed }) => [
        `${changeId} ${showForeign(memory)}: ${current.verdict} → ${proposed.verdict}`,
        ...showReasons(proposed),
      ]),
      `${differing.length} of ${plural(changes, 'proposal')} of the last ${replayDays} days would be judged otherwise`,
    ])
    return exitCodes.ok
  })
}

async function readPath(path: string): Promise<PolicyText[]> {
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true
  if (!isFolder) return [await readPolicyFile(path)]
  return (await readPolicyFolder(path)).map(({ file, text }) => ({ file: join(path, file), text }))
}
