import type { MemoryVersionId } from '../core/ids.ts'
import type { ApplyPlan } from './apply-changes.ts'
import type { RollBackPlan, RollBackStep } from './roll-back.ts'
import type { MemoryGroup } from './sift-changes.ts'

type Done<T> = T & { readonly versionAfter?: MemoryVersionId | null }

/** What was applied, or would be, in the shape of the contract. */
export const presentApply = (
  { dream, returned, waiting }: Pick<ApplyPlan, 'dream' | 'returned' | 'waiting'>,
  groups: readonly Done<MemoryGroup>[],
  mode: 'dry_run' | 'done',
) => ({
  type: 'dream_apply' as const,
  dream_id: dream.id,
  memory_store_id: dream.inputStoreId,
  dry_run: mode === 'dry_run',
  writes: groups.map(({ path, head, after, changes, versionAfter = null }) => ({
    path,
    how: head ? ('modified' as const) : ('created' as const),
    version_before: head?.versionId ?? null,
    version_after: versionAfter,
    change_ids: changes.map(({ id }) => id),
    content_sha256: after.contentSha256,
  })),
  returned: returned.map(({ change, reason }) => ({ change_id: change.id, reason })),
  waiting: waiting.map(({ change, reason }) => ({ change_id: change.id, reason })),
})

/** What was rolled back or restored, or would be, in the shape of the contract. */
export const presentRollBack = (
  { kind, alsoMoved }: RollBackPlan,
  steps: readonly Done<RollBackStep>[],
  { mode, hash }: { readonly mode: 'dry_run' | 'done'; readonly hash: (text: string) => string },
) => ({
  type: 'roll_back' as const,
  kind,
  dry_run: mode === 'dry_run',
  writes: steps.map(({ first, history, after, changes, versionAfter = null }) => ({
    path: history.head?.path ?? first.path,
    how: nameWrite(history.head !== null, after),
    version_before: history.head?.versionId ?? null,
    version_after: versionAfter,
    change_ids: changes.map(({ id }) => id),
    content_sha256: after === null ? null : hash(after),
  })),
  also_changes: [...alsoMoved],
  also_versions: steps.flatMap(({ versions }) =>
    versions.map(({ id, path, actor, createdAt }) => ({ id, path, actor, created_at: createdAt })),
  ),
})

function nameWrite(existed: boolean, after: string | null): 'created' | 'modified' | 'deleted' {
  if (after === null) return 'deleted'
  return existed ? 'modified' : 'created'
}
