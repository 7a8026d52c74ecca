import type { KeyDocument, KeysDocument } from '../../contract/keys.ts'
import { type Scope, scopes } from '../../core/access.ts'
import { DomainError } from '../../core/errors.ts'
import type { ApiKeyId } from '../../core/ids.ts'
import { presentApiKey } from '../../core/present/api-key.ts'
import { type ApiKey, insertApiKey, listApiKeys, revokeApiKey } from '../../storage/api-keys.ts'
import { makeApiKey } from '../../storage/new-api-key.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { layTable, showForeign } from '../text.ts'

export interface KeyOptions extends GlobalOptions {
  readonly scope?: readonly string[]
  readonly expires?: string
  readonly owner?: string
  readonly role?: readonly string[]
  readonly group?: readonly string[]
}

const operator = { type: 'user', id: 'cli' } as const

export function runKeys(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const keys = await context.database.read((reader) => listApiKeys(reader))
    const document: KeysDocument = { version: 1, kind: 'api_keys', data: keys.map(presentApiKey) }
    invocation.print(document, () =>
      keys.length === 0
        ? ['There is no API key. Make one: lucidream keys create NAME --scope admin']
        : layTable(keys.map((key) => [key.id, showForeign(key.name), key.hint, stateOf(key)])),
    )
    return exitCodes.ok
  })
}

export function runKeyCreate(
  invocation: Invocation,
  name: string,
  options: KeyOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { key, row } = makeApiKey(context, {
      name,
      scopes: readScopes(options.scope ?? []),
      expiresAt: readExpiry(options.expires),
      owner: options.owner === undefined ? null : readWord('--owner', options.owner),
      roles: (options.role ?? []).map((one) => readWord('--role', one)),
      groups: (options.group ?? []).map((one) => readWord('--group', one)),
    })
    const stored = await context.database.write(operator, async (writer) => {
      const inserted = await insertApiKey(writer, row)
      await writer.audit({ action: 'api_key.created', objectType: 'api_key', objectId: row.id })
      return inserted
    })
    const document: KeyDocument = {
      version: 1,
      kind: 'api_key',
      api_key: presentApiKey(stored),
      key,
    }
    invocation.print(document, () => [
      key,
      `${stored.id} may ${stored.scopes.join(', ')}. The key is shown only now.`,
      stored.owner === null
        ? 'It names no person, so it approves nothing; --owner NAME makes one for a person.'
        : `It is ${showForeign(stored.owner)}'s.`,
    ])
    return exitCodes.ok
  })
}

export function runKeyRevoke(
  invocation: Invocation,
  id: string,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const revoked = await context.database.write(operator, async (writer) => {
      const key = await revokeApiKey(writer, id as ApiKeyId)
      await writer.audit({ action: 'api_key.revoked', objectType: 'api_key', objectId: id })
      return key
    })
    const document: KeyDocument = {
      version: 1,
      kind: 'api_key',
      api_key: presentApiKey(revoked),
      key: null,
    }
    invocation.print(document, () => [`${revoked.id} is revoked since ${revoked.revokedAt}.`])
    return exitCodes.ok
  })
}

function readScopes(given: readonly string[]): Scope[] {
  const wanted = given.flatMap((text) => text.split(','))
  const unknown = wanted.find((text) => !scopes.includes(text as Scope))
  if (wanted.length > 0 && unknown === undefined) return wanted as Scope[]
  throw new DomainError(
    'invalid_argument',
    `--scope ${unknown ?? '(none)'}: give one or more of ${scopes.join(', ')}.`,
  )
}

/** As policies write it behind `user:`, `role:` and `group:`. */
function readWord(option: string, text: string): string {
  if (/^[^\s:]{1,190}$/.test(text)) return text
  throw new DomainError(
    'invalid_argument',
    `${option} ${text}: give up to 190 characters without spaces and ":".`,
  )
}

function readExpiry(text: string | undefined): string | null {
  if (text === undefined) return null
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return new Date(ms).toISOString()
  throw new DomainError(
    'invalid_argument',
    `--expires ${text}: give a date or time, e.g. 2027-01-31.`,
  )
}

function stateOf({ scopes: held, expiresAt, revokedAt }: ApiKey): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`
  return `${held.join(', ')}${expiresAt === null ? '' : `, until ${expiresAt}`}`
}
