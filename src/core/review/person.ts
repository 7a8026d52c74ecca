import type { Scope } from '../access.ts'
import type { Actor } from '../audit/record.ts'

/** A person as policies name people: first the person, then their roles and groups. */
export type PersonNames = readonly [string, ...string[]]

/** What an API key says of whoever holds it. */
export interface KeyHolder {
  /** Null: a program, which approves nothing. */
  readonly owner: string | null
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly scopes: readonly Scope[]
  readonly revokedAt: string | null
}

/**
 * The person behind an actor, or null: dreams, sessions, importers and keys that name nobody are no people, and a
 * key that was revoked speaks for nobody any more. Whoever uses the command line has the database itself.
 */
export function namePerson(actor: Actor, key: KeyHolder | null): PersonNames | null {
  if (actor.type === 'user') return [`user:${actor.id}`, 'role:admin']
  if (actor.type !== 'api_key' || key === null) return null
  if (key.owner === null || key.revokedAt !== null) return null
  const roles = key.scopes.includes('admin') ? ['admin', ...key.roles] : key.roles
  return [
    `user:${key.owner}`,
    ...new Set([
      ...roles.map((role) => `role:${role}`),
      ...key.groups.map((group) => `group:${group}`),
    ]),
  ]
}
