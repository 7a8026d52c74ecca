import type { ApiKeyId } from './ids.ts'

/**
 * What a key may do. `admin` includes all others. `memory:suggest` may propose and never write; what it
 * proposes goes through review.
 */
export const scopes = [
  'ingest',
  'outcomes',
  'memory:read',
  'memory:write',
  'memory:suggest',
  'review',
  'admin',
] as const
export type Scope = (typeof scopes)[number]

/** Who calls, after the key was found. */
export interface Caller {
  readonly keyId: ApiKeyId
  readonly workspaceId: string
  readonly scopes: readonly Scope[]
}

/** Any one of the wanted scopes is enough; an empty list asks only for a valid key. */
export function mayCall({ scopes: held }: Pick<Caller, 'scopes'>, wanted: readonly Scope[]) {
  return (
    held.includes('admin') || wanted.length === 0 || wanted.some((scope) => held.includes(scope))
  )
}
