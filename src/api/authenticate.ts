import type { Caller } from '../core/access.ts'
import { toTimestamp } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import { findApiKeyByHash } from '../storage/api-keys.ts'
import type { ApiContext } from './context.ts'

/** Longer than any key we make; what is longer is not hashed. */
const longestKey = 512

/**
 * Who calls: a key as `Authorization: Bearer` or as `x-api-key`, of which neither is preferred. Two different
 * ones are refused rather than guessed at.
 */
export async function authenticate(context: ApiContext, headers: Headers): Promise<Caller> {
  const key = readKey(headers)
  const found = await context.database.read((reader) =>
    findApiKeyByHash(reader, context.keyring.sign('api-key', key)),
  )
  if (!found)
    throw refused('The API key is not known. Check it, or make one with "lucidream keys create".')
  if (found.revokedAt !== null) throw refused(`The API key ${found.hint} was revoked.`)
  if (found.expiresAt !== null && found.expiresAt <= toTimestamp(context.clock())) {
    throw refused(`The API key ${found.hint} expired at ${found.expiresAt}.`)
  }
  const wanted = headers.get('anthropic-workspace-id')
  if (wanted !== null && wanted !== found.workspaceId) {
    throw new DomainError(
      'forbidden',
      `The API key ${found.hint} belongs to workspace ${found.workspaceId}, not to the one in anthropic-workspace-id.`,
    )
  }
  return { keyId: found.id, workspaceId: found.workspaceId, scopes: found.scopes }
}

function readKey(headers: Headers): string {
  const bearer = /^bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1]
  const plain = headers.get('x-api-key')?.trim() || undefined
  if (bearer !== undefined && plain !== undefined && bearer !== plain) {
    throw refused('Authorization and x-api-key name two different keys; send one of them.')
  }
  const key = bearer ?? plain
  if (key === undefined) {
    throw refused('No API key: send it as "Authorization: Bearer …" or as "x-api-key: …".')
  }
  if (key.length > longestKey) throw refused('The API key is not known.')
  return key
}

const refused = (message: string) => new DomainError('unauthenticated', message)
