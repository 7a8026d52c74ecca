import type { Actor } from '../core/audit/record.ts'
import type { ApiKeyId } from '../core/ids.ts'
import { namePerson, type PersonNames } from '../core/review/person.ts'
import { findApiKey } from './api-keys.ts'
import type { Reader } from './database.ts'

/** The person behind an actor as the keys stand now; null: no person. */
export async function findPerson(reader: Reader, actor: Actor): Promise<PersonNames | null> {
  const key = actor.type === 'api_key' ? await findApiKey(reader, actor.id as ApiKeyId) : null
  return namePerson(actor, key)
}

/** Whose words they are, whether or not that person may still approve anything. */
export async function nameHolder(reader: Reader, actor: Actor): Promise<string> {
  if (actor.type !== 'api_key') return `${actor.type}:${actor.id}`
  const owner = (await findApiKey(reader, actor.id as ApiKeyId))?.owner ?? null
  return owner === null ? `api_key:${actor.id}` : `user:${owner}`
}
