import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { EnvironmentId } from '../core/ids.ts'
import type { JsonObject } from '../core/session.ts'
import type { TimeCursor } from './agents.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { EnvironmentsTable } from './tables/objects.ts'

export interface Environment {
  readonly id: EnvironmentId
  readonly name: string
  readonly description: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly config: JsonObject
  readonly createdAt: string
  readonly updatedAt: string
  readonly archivedAt: string | null
}

/** Where every imported session ran, as far as anyone knows; made with the table. */
export const importedEnvironment = 'env_imported' as EnvironmentId

type Described = Pick<Environment, 'name' | 'description' | 'metadata' | 'config'>

export async function findEnvironment(
  reader: Reader,
  id: EnvironmentId,
): Promise<Environment | null> {
  const row = await reader.read
    .selectFrom('environments')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row ? toEnvironment(row) : null
}

export async function getEnvironment(reader: Reader, id: EnvironmentId): Promise<Environment> {
  const environment = await findEnvironment(reader, id)
  if (environment) return environment
  throw new DomainError('not_found', `There is no environment ${id}.`, {
    details: { error_code: 'environment_not_found' },
  })
}

export interface EnvironmentPage {
  readonly includeArchived: 'yes' | 'no'
  readonly after?: TimeCursor
  readonly limit: number
}

/** Newest first. */
export async function listEnvironments(
  reader: Reader,
  { includeArchived, after, limit }: EnvironmentPage,
): Promise<Environment[]> {
  let query = reader.read
    .selectFrom('environments')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (includeArchived === 'no') query = query.where('archived_at', 'is', null)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id as EnvironmentId)),
    )
  }
  return (await query.execute()).map(toEnvironment)
}

export async function insertEnvironment(
  writer: Writer,
  given: Described & Pick<Environment, 'id'>,
): Promise<Environment> {
  const row = await writer.write
    .insertInto('environments')
    .values({
      id: given.id,
      ...toColumns(given),
      created_at: writer.at,
      updated_at: writer.at,
      archived_at: null,
      deleted_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toEnvironment(row)
}

export async function updateEnvironment(
  writer: Writer,
  given: Described & Pick<Environment, 'id'>,
): Promise<Environment> {
  await writer.write
    .updateTable('environments')
    .set({ ...toColumns(given), updated_at: writer.at })
    .where('id', '=', given.id)
    .where('deleted_at', 'is', null)
    .execute()
  return getEnvironment(writer, given.id)
}

/** Once and for all; a second time changes nothing. */
export async function archiveEnvironment(writer: Writer, id: EnvironmentId): Promise<Environment> {
  await writer.write
    .updateTable('environments')
    .set({ archived_at: writer.at, updated_at: writer.at })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .where('deleted_at', 'is', null)
    .execute()
  return getEnvironment(writer, id)
}

/** Sessions that ran in it keep its id. */
export async function deleteEnvironment(writer: Writer, id: EnvironmentId): Promise<void> {
  await getEnvironment(writer, id)
  await writer.write
    .updateTable('environments')
    .set({ deleted_at: writer.at })
    .where('id', '=', id)
    .execute()
}

const toColumns = ({ name, description, metadata, config }: Described) => ({
  name,
  description,
  metadata: JSON.stringify(metadata),
  config: JSON.stringify(config),
})

const toEnvironment = (row: Selectable<EnvironmentsTable>): Environment => ({
  id: row.id,
  name: row.name,
  description: row.description,
  metadata: JSON.parse(row.metadata),
  config: JSON.parse(row.config),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  archivedAt: row.archived_at,
})
