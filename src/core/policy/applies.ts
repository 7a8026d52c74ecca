import { matchesGlob } from './glob.ts'
import type { Policy } from './policy.ts'

/** The policies that speak about a store; one that names no stores is only there to be extended. */
export const listApplying = (policies: readonly Policy[], storeName: string): Policy[] =>
  policies.filter(({ stores }) => stores.some((pattern) => matchesGlob(pattern, storeName)))
