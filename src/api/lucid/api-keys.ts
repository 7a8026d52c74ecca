import {
  apiKeyPage,
  apiKeyPath,
  apiKey as apiKeySchema,
  createdApiKey,
  newApiKey,
} from '../../contract/lucid/api-keys.ts'
import type { ApiKeyId } from '../../core/ids.ts'
import { presentApiKey } from '../../core/present/api-key.ts'
import { insertApiKey, listApiKeys, revokeApiKey } from '../../storage/api-keys.ts'
import { makeApiKey } from '../../storage/new-api-key.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const scopes = ['admin'] as const

export const apiKeyEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/api_keys',
    family,
    scopes,
    summary: 'All API keys of the workspace, newest first, revoked ones too.',
    response: apiKeyPage,
    async handle({ context }) {
      const keys = await context.database.read((reader) => listApiKeys(reader))
      return { data: keys.map(presentApiKey) }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/api_keys',
    family,
    scopes,
    summary: 'Makes an API key; the answer is the only place where it is ever shown.',
    body: newApiKey,
    response: createdApiKey,
    async handle({ context, actor, body }) {
      const { key, row } = makeApiKey(context, {
        name: body.name,
        scopes: body.scopes,
        expiresAt: body.expires_at ?? null,
        owner: body.owner ?? null,
        roles: body.roles ?? [],
        groups: body.groups ?? [],
      })
      const stored = await context.database.write(actor, async (writer) => {
        const inserted = await insertApiKey(writer, row)
        await writer.audit({
          action: 'api_key.created',
          objectType: 'api_key',
          objectId: inserted.id,
        })
        return inserted
      })
      return { ...presentApiKey(stored), key }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/api_keys/{api_key_id}/revoke',
    family,
    scopes,
    summary: 'Revokes a key at once and for good; a second time changes nothing.',
    params: apiKeyPath,
    response: apiKeySchema,
    async handle({ context, actor, params }) {
      return context.database.write(actor, async (writer) => {
        const id = params.api_key_id as ApiKeyId
        const revoked = await revokeApiKey(writer, id)
        await writer.audit({ action: 'api_key.revoked', objectType: 'api_key', objectId: id })
        return presentApiKey(revoked)
      })
    },
  }),
]
