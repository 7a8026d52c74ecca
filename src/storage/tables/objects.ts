import type { Generated } from 'kysely'
import type { AgentId, EnvironmentId, FileId } from '../../core/ids.ts'
import type { Json, Timestamp } from './column.ts'

export interface ObjectsTables {
  agents: AgentsTable
  agent_versions: AgentVersionsTable
  environments: EnvironmentsTable
  files: FilesTable
  file_chunks: FileChunksTable
}

/** The head of an agent: everything that has versions stands in `agent_versions`. */
export interface AgentsTable {
  id: AgentId
  workspace_id: Generated<string>
  version: number
  created_at: Timestamp
  updated_at: Timestamp
  archived_at: Timestamp | null
}

interface AgentVersionsTable {
  agent_id: AgentId
  version: number
  body: Json
  created_at: Timestamp
}

export interface EnvironmentsTable {
  id: EnvironmentId
  workspace_id: Generated<string>
  name: string
  description: string | null
  metadata: Json
  config: Json
  created_at: Timestamp
  updated_at: Timestamp
  archived_at: Timestamp | null
  deleted_at: Timestamp | null
}

/** staged: bytes are still arriving and nobody sees it. */
export interface FilesTable {
  id: FileId
  workspace_id: Generated<string>
  state: 'staged' | 'stored'
  filename: string
  mime_type: string
  size_bytes: number
  sha256: string | null
  scope_id: string | null
  created_at: Timestamp
  expires_at: Timestamp | null
  deleted_at: Timestamp | null
}

interface FileChunksTable {
  file_id: FileId
  chunk: number
  data: Uint8Array
}
