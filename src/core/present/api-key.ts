import type { Scope } from '../access.ts'

interface ShownKey {
  readonly id: string
  readonly name: string
  readonly hint: string
  readonly scopes: readonly Scope[]
  readonly owner: string | null
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

/** An API key as the wire and `--json` show it: never the key itself, nor its hash. */
export const presentApiKey = (key: ShownKey) => ({
  id: key.id,
  type: 'api_key' as const,
  name: key.name,
  hint: key.hint,
  scopes: [...key.scopes],
  owner: key.owner,
  roles: [...key.roles],
  groups: [...key.groups],
  created_at: key.createdAt,
  expires_at: key.expiresAt,
  revoked_at: key.revokedAt,
})
