import type { z } from 'zod'
import {
  deletedEnvironment,
  environmentListQuery,
  environmentPage,
  environmentPath,
  environment as environmentSchema,
  environmentUpdate,
  newEnvironment,
} from '../../contract/v1/environments.ts'
import { DomainError } from '../../core/errors.ts'
import type { EnvironmentId } from '../../core/ids.ts'
import {
  archiveEnvironment,
  deleteEnvironment,
  type Environment,
  getEnvironment,
  importedEnvironment,
  insertEnvironment,
  listEnvironments,
  updateEnvironment,
} from '../../storage/environments.ts'
import { defineEndpoint } from '../endpoint.ts'
import { recordChange } from '../record.ts'
import { toEnvironmentConfig, toEnvironmentMetadata } from './environment-config.ts'
import { cutPage, readTimeCursor, writeTimeCursor } from './time-pages.ts'

const family = 'managed-agents'
const reading = ['ingest', 'review'] as const
const writing = ['ingest'] as const

export const environmentEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/environments',
    family,
    scopes: writing,
    summary: 'Makes an environment.',
    body: newEnvironment,
    response: environmentSchema,
    async handle({ context, actor, body }) {
      const id = context.newId('env')
      return context.database.write(actor, async (writer) => {
        const made = await insertEnvironment(writer, {
          id,
          name: body.name,
          description: body.description ?? null,
          metadata: toEnvironmentMetadata({}, body.metadata),
          config: toEnvironmentConfig(body.config, null),
        })
        await recordChange(writer, context, { action: 'environment.created', id })
        return present(made)
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/environments',
    family,
    scopes: reading,
    summary: 'Environments, newest first.',
    query: environmentListQuery,
    response: environmentPage,
    async handle({ context, query }) {
      const { limit, page } = query
      const after = readTimeCursor(context.keyring, { list: 'environments', page })
      const rows = await context.database.read((reader) =>
        listEnvironments(reader, {
          includeArchived: query.include_archived ? 'yes' : 'no',
          ...(after ? { after } : {}),
          limit: limit + 1,
        }),
      )
      return cutPage(rows, limit, {
        present,
        cursor: (last) => writeTimeCursor(context.keyring, 'environments', last),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/environments/{environment_id}',
    family,
    scopes: reading,
    summary: 'One environment, archived ones too.',
    params: environmentPath,
    response: environmentSchema,
    async handle({ context, params }) {
      const id = params.environment_id as EnvironmentId
      return present(await context.database.read((reader) => getEnvironment(reader, id)))
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/environments/{environment_id}',
    family,
    scopes: writing,
    summary: 'Changes what is sent; the type of its config never changes.',
    params: environmentPath,
    body: environmentUpdate,
    response: environmentSchema,
    async handle({ context, actor, params, body }) {
      const id = params.environment_id as EnvironmentId
      return context.database.write(actor, async (writer) => {
        const before = await getEnvironment(writer, id)
        refuseArchived(before)
        const after = {
          id,
          name: body.name ?? before.name,
          description: body.description === undefined ? before.description : body.description,
          metadata: toEnvironmentMetadata(before.metadata, body.metadata),
          config: toEnvironmentConfig(body.config, before.config),
        }
        const updated = await updateEnvironment(writer, after)
        await recordChange(writer, context, { action: 'environment.updated', id })
        return present(updated)
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/environments/{environment_id}/archive',
    family,
    scopes: writing,
    summary: 'Closes an environment to new sessions for good.',
    params: environmentPath,
    response: environmentSchema,
    async handle({ context, actor, params }) {
      const id = params.environment_id as EnvironmentId
      refuseBuiltIn(id)
      return context.database.write(actor, async (writer) => {
        const archived = await archiveEnvironment(writer, id)
        await recordChange(writer, context, { action: 'environment.archived', id })
        return present(archived)
      })
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: '/v1/environments/{environment_id}',
    family,
    scopes: writing,
    summary: 'Removes an environment; sessions that ran in it keep its id.',
    params: environmentPath,
    response: deletedEnvironment,
    async handle({ context, actor, params }) {
      const id = params.environment_id as EnvironmentId
      refuseBuiltIn(id)
      await context.database.write(actor, async (writer) => {
        await deleteEnvironment(writer, id)
        await recordChange(writer, context, { action: 'environment.deleted', id })
      })
      return { id, type: 'environment_deleted' }
    },
  }),
]

function refuseArchived({ id, archivedAt }: Environment): void {
  refuseBuiltIn(id)
  if (archivedAt === null) return
  throw new DomainError(
    'invalid_argument',
    `Environment ${id} was archived at ${archivedAt} and is read-only.`,
    { details: { error_code: 'environment_archived' } },
  )
}

function refuseBuiltIn(id: EnvironmentId): void {
  if (id !== importedEnvironment) return
  throw new DomainError(
    'invalid_argument',
    `Environment ${id} is built in: imported sessions belong to it, and it cannot be changed.`,
  )
}

const present = (row: Environment): z.input<typeof environmentSchema> => ({
  id: row.id,
  type: 'environment',
  name: row.name,
  description: row.description,
  metadata: { ...row.metadata },
  scope: 'organization',
  config: { ...row.config },
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  archived_at: row.archivedAt,
})
