import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { ApiKeyId } from '../core/ids.ts'
import type { KeyHolder } from '../core/review/person.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { ApiKeysTable } from './tables/service.ts'

export interface ApiKey extends KeyHolder {
  readonly id: ApiKeyId
  readonly workspaceId: string
  readonly name: string
  /** The beginning and the end of the key, to recognise it by. */
  readonly hint: string
  readonly createdAt: string
  readonly expiresAt: string | null
}

export interface NewApiKey extends Omit<ApiKey, 'workspaceId' | 'createdAt' | 'revokedAt'> {
  /** Keyed hash of the key; the key itself is never stored. */
  readonly hash: string
}

/** Also expired and revoked ones: the caller says which it was. */
export async function findApiKeyByHash(reader: Reader, hash: string): Promise<ApiKey | null> {
  const row = await reader.read
    .selectFrom('api_keys')
    .selectAll()
    .where('hash', '=', hash)
    .executeTakeFirst()
  return row ? toApiKey(row) : null
}

/** Revoked ones too. */
export async function findApiKey(reader: Reader, id: ApiKeyId): Promise<ApiKey | null> {
  const row = await reader.read
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toApiKey(row) : null
}

/** Newest first, all of them: a workspace has few. */
export async function listApiKeys(reader: Reader): Promise<ApiKey[]> {
  const rows = await reader.read
    .selectFrom('api_keys')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return rows.map(toApiKey)
}

export async function insertApiKey(writer: Writer, given: NewApiKey): Promise<ApiKey> {
  const row = await writer.write
    .insertInto('api_keys')
    .values({
      id: given.id,
      name: given.name,
      hash: given.hash,
      hint: given.hint,
      scopes: JSON.stringify(given.scopes),
      owner: given.owner,
      role_names: JSON.stringify(given.roles),
      group_names: JSON.stringify(given.groups),
      created_at: writer.at,
      expires_at: given.expiresAt,
      revoked_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toApiKey(row)
}

/** A second revocation changes nothing and answers with the first one's time. */
export async function revokeApiKey(writer: Writer, id: ApiKeyId): Promise<ApiKey> {
  await writer.write
    .updateTable('api_keys')
    .set({ revoked_at: writer.at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
  const key = await findApiKey(writer, id)
  if (!key) throw new DomainError('not_found', `There is no API key ${id}.`)
  return key
}

const toApiKey = (row: Selectable<ApiKeysTable>): ApiKey => ({
  id: row.id,
  workspaceId: row.workspace_id,
  name: row.name,
  hint: row.hint,
  scopes: JSON.parse(row.scopes),
  owner: row.owner,
  roles: JSON.parse(row.role_names),
  groups: JSON.parse(row.group_names),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
})
