import { toTimestamp } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import type { MemoryStoreId } from '../core/ids.ts'
import { listApplying } from '../core/policy/applies.ts'
import { matchesGlob } from '../core/policy/glob.ts'
import type { Policy } from '../core/policy/policy.ts'
import type { StoredChange } from './changes.ts'
import type { Reader } from './database.ts'
import { listOpenExperiments } from './experiments.ts'
import { judgeNow } from './judged-changes.ts'
import type { JudgingReader } from './judging.ts'
import { findMemoryStore, getMemoryStore } from './memory-stores.ts'
import { listPolicies, toPolicy } from './policies.ts'

/** The policies that speak about a store and are followed. */
export async function listFollowed(reader: Reader, storeName: string): Promise<Policy[]> {
  const all = (await listPolicies(reader)).flatMap(({ version }) =>
    version === null ? [] : [toPolicy(version)],
  )
  return listApplying(all, storeName).filter(({ spec }) => spec.mode === 'enforce')
}

/**
 * One experiment at a time on a store, a holdback that goes on included: the arms of two would be the same files. And
 * no more than a policy allows over all stores that it speaks about.
 */
export async function refuseTooManyExperiments(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<void> {
  const open = await listOpenExperiments(reader)
  const other = open.find((one) => one.storeId === storeId)
  if (other) {
    const what = other.state === 'promoted' ? 'still watches its holdback' : `is ${other.state}`
    throw new DomainError(
      'conflict',
      `Experiment ${other.id} on this memory store ${what}. Stop it first, or try several changes in one experiment.`,
      { details: { error_code: 'experiment_open' } },
    )
  }
  const running = open.filter(({ state }) => state !== 'promoted')
  const { name } = await getMemoryStore(reader, storeId)
  for (const { name: policy, stores, spec } of await listFollowed(reader, name)) {
    const most = spec.budgets.concurrentExperiments
    if (most === null) continue
    let count = 0
    for (const { storeId: id } of running) {
      const store = await findMemoryStore(reader, id)
      if (store && stores.some((pattern) => matchesGlob(pattern, store.name))) count += 1
    }
    if (count < most) continue
    throw new DomainError(
      'forbidden',
      `Policy ${policy} allows ${most} experiments at the same time (budgets.concurrentExperiments), and ${count} are open. Stop one first.`,
    )
  }
}

/** Whether policy lets these changes be promoted with nobody's agreement: every policy of the store has to. */
export async function mayGoUnattended(
  reader: JudgingReader,
  storeId: MemoryStoreId,
  changes: readonly StoredChange[],
): Promise<boolean> {
  const { name } = await getMemoryStore(reader, storeId)
  const policies = await listFollowed(reader, name)
  if (policies.length === 0) return false
  if (!policies.every(({ spec }) => spec.rollout.promote.mode === 'auto')) return false
  for (const change of changes) {
    const { decision } = await judgeNow(reader, change)
    if (decision.approvals.count > 0) return false
  }
  return true
}

const daysLooked = 14

/** Units that came in the last days, by day: readings of the store, or sessions where nobody read it yet. */
export async function countUnitsPerDay(
  reader: Reader,
  storeId: MemoryStoreId,
  nowMs: number,
): Promise<number> {
  const since = toTimestamp(nowMs - daysLooked * 86_400_000)
  const exposures = await reader.read
    .selectFrom('exposures')
    .select((select) => select.fn.count<number>('unit').distinct().as('units'))
    .where('store_id', '=', storeId)
    .where('assigned_at', '>=', since)
    .executeTakeFirstOrThrow()
  if (Number(exposures.units) > 0) return Number(exposures.units) / daysLooked
  const sessions = await reader.read
    .selectFrom('sessions')
    .select((select) => select.fn.countAll<number>().as('units'))
    .where('start_key', '>=', since)
    .where('deleted_at', 'is', null)
    .where('format', '!=', 'lucidream')
    .executeTakeFirstOrThrow()
  return Number(sessions.units) / daysLooked
}
