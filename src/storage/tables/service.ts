import type { Generated } from 'kysely'
import type { ApiKeyId, JobId } from '../../core/ids.ts'
import type { Json, Timestamp } from './column.ts'

export interface ServiceTables {
  jobs: JobsTable
  api_keys: ApiKeysTable
  database_size: DatabaseSizeView
}

export interface JobsTable {
  id: JobId
  kind: string
  payload: Json
  state: 'queued' | 'running' | 'done' | 'failed'
  /** How often it was claimed. The newest attempt is the only one that may write: the fencing token. */
  attempt: number
  owner: string | null
  /** Milliseconds since the epoch. */
  lease_until: number | null
  available_at: number
  error: string | null
  created_at: Timestamp
}

export interface ApiKeysTable {
  id: ApiKeyId
  workspace_id: Generated<string>
  name: string
  hash: string
  hint: string
  scopes: Json
  /** The person who holds it; null: a program. */
  owner: string | null
  role_names: Generated<Json>
  group_names: Generated<Json>
  created_at: Timestamp
  expires_at: Timestamp | null
  revoked_at: Timestamp | null
}

interface DatabaseSizeView {
  bytes: number
}
