import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { ChangeId } from '../../core/ids.ts'
import { listApplying } from '../../core/policy/applies.ts'
import type { Decision } from '../../core/policy/decision.ts'
import { decide } from '../../core/policy/evaluate.ts'
import type { Policy } from '../../core/policy/policy.ts'
import { describeChanges } from '../../storage/judging.ts'
import { listPolicies, toPolicy } from '../../storage/policies.ts'
import { listProposingDreams } from '../../storage/policy-history.ts'
import type { Context } from '../context.ts'
import { readPolicy } from './read.ts'
import { type PolicyText, resolveTexts, showFault } from './resolve.ts'

export const replayDays = 90
const mostDreams = 1_000

export interface Replayed {
  readonly changeId: ChangeId
  readonly path: string
  readonly current: Decision
  readonly proposed: Decision
}

/** What becomes of the proposals of the last 90 days once this file stands in the policy folder. */
export async function replayProposals(
  context: Context,
  file: PolicyText,
): Promise<{ readonly changes: number; readonly differing: readonly Replayed[] }> {
  const { database, clock, hash } = context
  const since = toTimestamp(clock() - replayDays * 86_400_000)
  const { stored, dreams } = await database.read(async (reader) => ({
    stored: await listPolicies(reader),
    dreams: await listProposingDreams(reader, { since, limit: mostDreams }),
  }))
  const versions = stored.flatMap(({ version }) => version ?? [])
  const current = versions.map(toPolicy)
  const proposed = replace(
    versions.map(({ text, policy }) => ({ file: policy.file, text })),
    file,
  )
  const differing: Replayed[] = []
  let changes = 0
  for (const dreamId of dreams) {
    const described = await database.read((reader) =>
      describeChanges({ ...reader, hash, at: toTimestamp(clock()) }, dreamId, 'propose'),
    )
    for (const { stored: change, judged } of described) {
      changes += 1
      const one = {
        changeId: change.id,
        path: change.change.path,
        current: decide(listApplying(current, judged.store.name), judged),
        proposed: decide(listApplying(proposed, judged.store.name), judged),
      }
      if (summary(one.current) !== summary(one.proposed)) differing.push(one)
    }
  }
  return { changes, differing }
}

/** Versions differ always; what counts is what becomes of the change. */
const summary = ({ policyVersion: _, ...rest }: Decision) => JSON.stringify(rest)

/** The stored files with the new one in the place of the policy of its name. */
function replace(known: readonly PolicyText[], file: PolicyText): Policy[] {
  const read = readPolicy(file.file, file.text)
  const name = read.policy?.name
  const others = known.filter((one) => readPolicy(one.file, one.text).policy?.name !== name)
  const { policies, faults } = resolveTexts([...others, file])
  if (faults.length > 0) throw new DomainError('invalid_config', faults.map(showFault).join('\n'))
  return policies.map(({ name: own, stores, spec }) => ({ name: own, stores, spec, version: own }))
}
