import { z } from 'zod'
import { change } from './changes.ts'
import { appliedDream, judged, rolledBack } from './lucid/reviews.ts'
import { restoredStore } from './lucid/stores.ts'

/** `lucidream changes accept | reject | edit --json` */
export const reviewDocument = z.object({
  version: z.literal(1),
  kind: z.literal('review'),
  change: change.extend(judged.shape),
})
export type ReviewDocument = z.infer<typeof reviewDocument>

/** `lucidream apply --json` */
export const applyDocument = appliedDream.omit({ type: true }).extend({
  version: z.literal(1),
  kind: z.literal('apply'),
  /** Files written with --to, relative to the folder. */
  files: z.array(z.string()),
})
export type ApplyDocument = z.infer<typeof applyDocument>

/** `lucidream rollback --json` */
export const rollBackDocument = rolledBack.omit({ type: true, kind: true }).extend({
  version: z.literal(1),
  kind: z.literal('rollback'),
  operation: z.enum(['roll_back', 'restore']),
})
export type RollBackDocument = z.infer<typeof rollBackDocument>

/** `lucidream rollback STORE --to MOMENT --json` */
export const storeRestoreDocument = restoredStore.omit({ type: true }).extend({
  version: z.literal(1),
  kind: z.literal('store_restore'),
})
export type StoreRestoreDocument = z.infer<typeof storeRestoreDocument>
