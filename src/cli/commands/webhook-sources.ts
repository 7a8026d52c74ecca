import { readFile } from 'node:fs/promises'
import { ownScheme } from '../../contract/lucid/webhook-sources.ts'
import type {
  WebhookSourceDocument,
  WebhookSourcesDocument,
} from '../../contract/webhook-sources.ts'
import { DomainError } from '../../core/errors.ts'
import { presentWebhookSource } from '../../core/present/webhook-source.ts'
import {
  type Reading,
  type Scheme,
  type SenderKind,
  senderKinds,
} from '../../core/receive/scheme.ts'
import { makeWebhookSource, rotateSecret, sourceFact } from '../../storage/new-webhook-source.ts'
import {
  deleteWebhookSource,
  getWebhookSource,
  insertWebhookSource,
  listWebhookSources,
  updateWebhookSource,
  type WebhookSource,
} from '../../storage/webhook-sources.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { layTable } from '../text.ts'

export interface SourceOptions extends GlobalOptions {
  readonly provider?: string
  readonly scheme?: string
  readonly secretFile?: string
  readonly mapping?: string
  readonly condition?: string
  readonly allowUnsigned?: boolean
  readonly dropOld?: boolean
}

const operator = { type: 'user', id: 'cli' } as const

export function runSources(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const all = await context.database.read((reader) => listWebhookSources(reader))
    const document: WebhookSourcesDocument = {
      version: 1,
      kind: 'webhook_sources',
      data: all.map(presentWebhookSource),
    }
    invocation.print(document, () =>
      all.length === 0
        ? [
            'There is no webhook source. Add one: lucidream webhooks sources add NAME --provider github',
          ]
        : layTable(
            all.map((source) => [
              source.name,
              source.provider,
              source.scheme.type === 'none' ? 'unsigned' : 'signed',
              source.state,
              `/lucid/v1/hooks/${source.id}`,
            ]),
          ),
    )
    return exitCodes.ok
  })
}

export function runSourceAdd(
  invocation: Invocation,
  name: string,
  options: SourceOptions,
): Promise<number> {
  const provider = readProvider(options.provider)
  return withData(invocation, options, async ({ context }) => {
    const wanted = {
      name: readName(name),
      provider,
      ...(await readScheme(provider, options)),
      secret: await readSecret(options.secretFile),
      mapping: options.mapping === undefined ? null : await readFile(options.mapping, 'utf8'),
      condition: options.condition ?? null,
      allowUnsigned: options.allowUnsigned === true,
    }
    const { source, secret } = makeWebhookSource(context, wanted)
    const mapping = source.mapping ?? context.mapper.findBuiltIn(provider)
    const fault = mapping === null ? null : await context.mapper.findFault({ ...source, mapping })
    if (fault !== null) throw new DomainError('invalid_argument', `${fault}.`)
    const stored = await context.database.write(operator, async (writer) => {
      const inserted = await insertWebhookSource(writer, source)
      await writer.audit(sourceFact('created', inserted))
      return inserted
    })
    show(invocation, stored, {
      secret: wanted.secret === null ? secret : null,
      line: `${stored.name} posts to /lucid/v1/hooks/${stored.id}`,
    })
    return exitCodes.ok
  })
}

export function runSourceRotate(
  invocation: Invocation,
  name: string,
  options: SourceOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const given = await readSecret(options.secretFile)
    const keepOld = options.dropOld !== true
    const { source, secret } = await context.database.write(operator, async (writer) => {
      const known = await getWebhookSource(writer, name)
      const rotated = rotateSecret(context, known, { secret: given, keepOld })
      const updated = await updateWebhookSource(writer, known.id, { secrets: rotated.secrets })
      await writer.audit(sourceFact('secret_rotated', updated))
      return { source: updated, secret: given === null ? rotated.secret : null }
    })
    const old = keepOld
      ? 'the one before is good until the next rotation'
      : 'the old one is worth nothing'
    show(invocation, source, { secret, line: `${source.name} has a new secret; ${old}.` })
    return exitCodes.ok
  })
}

export function runSourceRemove(
  invocation: Invocation,
  name: string,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const removed = await context.database.write(operator, async (writer) => {
      const source = await getWebhookSource(writer, name)
      await deleteWebhookSource(writer, source.id)
      await writer.audit(sourceFact('deleted', source))
      return source
    })
    show(invocation, removed, {
      secret: null,
      line: `${removed.name} is removed; its receipts stay.`,
    })
    return exitCodes.ok
  })
}

function show(
  invocation: Invocation,
  source: WebhookSource,
  { secret, line }: { readonly secret: string | null; readonly line: string },
): void {
  const document: WebhookSourceDocument = {
    version: 1,
    kind: 'webhook_source',
    webhook_source: { ...presentWebhookSource(source), secret },
  }
  invocation.print(document, () =>
    secret === null ? [line] : [line, `Secret, shown only now: ${secret}`],
  )
}

/** From a file as the API takes it; without one a generic sender signs as Standard Webhooks, or not at all. */
async function readScheme(
  provider: SenderKind,
  { scheme: path, allowUnsigned }: SourceOptions,
): Promise<{ readonly scheme: Scheme | null; readonly reading: Reading | null }> {
  if (path === undefined) {
    const type = allowUnsigned === true ? ('none' as const) : ('standard' as const)
    return { scheme: provider === 'generic' ? { type } : null, reading: null }
  }
  const { data, error } = ownScheme.safeParse(parseJson(path, await readFile(path, 'utf8')))
  if (error) {
    const [issue] = error.issues
    const field = issue?.path.map(String).join('.') || 'it'
    throw new DomainError('invalid_argument', `${path}: ${field}: ${issue?.message ?? 'no scheme'}`)
  }
  const { scheme, reading } = data
  return {
    scheme,
    reading: reading ? { deliveryId: reading.delivery_id, event: reading.event } : null,
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new DomainError('invalid_argument', `${path} is not JSON.`, { cause })
  }
}

function readProvider(given: string | undefined): SenderKind {
  const found = senderKinds.find((one) => one === given)
  if (found) return found
  throw new DomainError(
    'invalid_argument',
    `--provider ${given ?? '(none)'}: give one of ${senderKinds.join(', ')}.`,
  )
}

function readName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return name
  throw new DomainError(
    'invalid_argument',
    `${name.slice(0, 80)}: a name has lower-case letters, digits and hyphens, at most 63.`,
  )
}

/** From a file, so that it stands in no list of processes and no history. */
async function readSecret(path: string | undefined): Promise<string | null> {
  if (path === undefined) return null
  const secret = (await readFile(path, 'utf8')).trim()
  if (secret.length >= 16 && secret.length <= 512) return secret
  throw new DomainError('invalid_argument', `${path}: a secret has 16 to 512 characters.`)
}
