import type { z } from 'zod'
import {
  deletedWebhookSource,
  mappingResult,
  mappingTrial,
  newWebhookSource,
  secretRotation,
  senderPage,
  webhookSource,
  webhookSourcePage,
  webhookSourcePatch,
  webhookSourcePath,
  webhookSourceWithCounts,
  webhookSourceWithSecret,
} from '../../contract/lucid/webhook-sources.ts'
import { DomainError } from '../../core/errors.ts'
import type { WebhookReceiptId } from '../../core/ids.ts'
import {
  presentMapped,
  presentReading,
  presentWebhookSource,
} from '../../core/present/webhook-source.ts'
import { presets, type SenderKind, senderKinds } from '../../core/receive/scheme.ts'
import { makeWebhookSource, rotateSecret, sourceFact } from '../../storage/new-webhook-source.ts'
import {
  bodyGone,
  findPackedBody,
  getWebhookReceipt,
  unpackBody,
} from '../../storage/webhook-receipts.ts'
import {
  deleteWebhookSource,
  getWebhookSource,
  insertWebhookSource,
  listWebhookRefusals,
  listWebhookSources,
  updateWebhookSource,
  type WebhookSource,
} from '../../storage/webhook-sources.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const scopes = ['admin'] as const
const base = '/lucid/v1/webhook_sources'
const one = `${base}/{webhook_source_id}`

const readEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/webhook_providers',
    family,
    scopes,
    summary: 'The senders we know: how they sign, and the mapping that comes with each.',
    response: senderPage,
    async handle({ context }) {
      return { data: senderKinds.map((name) => presentProvider(context, name)) }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: base,
    family,
    scopes,
    summary: 'All webhook sources, newest first.',
    response: webhookSourcePage,
    async handle({ context }) {
      const all = await context.database.read((reader) => listWebhookSources(reader))
      return { data: all.map(presentWebhookSource) }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: one,
    family,
    scopes,
    summary: 'One webhook source, with how often somebody failed to be it, and why.',
    params: webhookSourcePath,
    response: webhookSourceWithCounts,
    async handle({ context, params }) {
      return context.database.read(async (reader) => {
        const source = await getWebhookSource(reader, params.webhook_source_id)
        const refusals = await listWebhookRefusals(reader, source.id)
        const refused = refusals.map(({ reason, count, lastAt }) => ({
          reason,
          count,
          last_at: lastAt,
        }))
        return { ...presentWebhookSource(source), refused }
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${one}/test`,
    family,
    scopes,
    summary: 'Shows what a mapping gives for a payload or a receipt; nothing is stored.',
    params: webhookSourcePath,
    body: mappingTrial,
    maxBytes: 2_097_152,
    response: mappingResult,
    handle: ({ context, params, body }) => tryMapping(context, params.webhook_source_id, body),
  }),
]

const writeEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: base,
    family,
    scopes,
    summary: 'Adds somebody who may tell outcomes; its secret is shown only in this answer.',
    body: newWebhookSource,
    response: webhookSourceWithSecret,
    async handle({ context, actor, body }) {
      const { reading } = body
      const { source, secret } = makeWebhookSource(context, {
        name: body.name,
        provider: body.provider,
        scheme: body.scheme ?? null,
        reading: reading ? { deliveryId: reading.delivery_id, event: reading.event } : null,
        secret: body.secret ?? null,
        mapping: body.mapping,
        condition: body.condition,
        allowUnsigned: body.allow_unsigned,
      })
      await refuseFaults(context, source)
      return context.database.write(actor, async (writer) => {
        const inserted = await insertWebhookSource(writer, source)
        await writer.audit(sourceFact('created', inserted))
        return { ...presentWebhookSource(inserted), secret }
      })
    },
  }),
  defineEndpoint({
    method: 'PATCH',
    path: one,
    family,
    scopes,
    summary: 'Changes what is given; receipts that are replayed are mapped by what it is then.',
    params: webhookSourcePath,
    body: webhookSourcePatch,
    response: webhookSource,
    async handle({ context, actor, params, body }) {
      const { mapping, condition, state } = body
      const before = await context.database.read((reader) =>
        getWebhookSource(reader, params.webhook_source_id),
      )
      const patch = {
        ...(mapping === undefined ? {} : { mapping }),
        ...(condition === undefined ? {} : { condition }),
        ...(state === undefined ? {} : { state }),
      }
      await refuseFaults(context, { ...before, ...patch })
      return context.database.write(actor, async (writer) => {
        const updated = await updateWebhookSource(writer, before.id, patch)
        await writer.audit(sourceFact('updated', updated))
        return presentWebhookSource(updated)
      })
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: one,
    family,
    scopes,
    summary: 'Removes a source and its secrets; its receipts stay.',
    params: webhookSourcePath,
    response: deletedWebhookSource,
    async handle({ context, actor, params }) {
      return context.database.write(actor, async (writer) => {
        const source = await getWebhookSource(writer, params.webhook_source_id)
        await deleteWebhookSource(writer, source.id)
        await writer.audit(sourceFact('deleted', source))
        return { id: source.id, type: 'webhook_source_deleted' as const }
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${one}/rotate_secret`,
    family,
    scopes,
    summary:
      'A new secret, shown only in this answer; the one before stays good unless told not to.',
    params: webhookSourcePath,
    body: secretRotation,
    response: webhookSourceWithSecret,
    async handle({ context, actor, params, body }) {
      return context.database.write(actor, async (writer) => {
        const source = await getWebhookSource(writer, params.webhook_source_id)
        const { secrets, secret } = rotateSecret(context, source, {
          secret: body.secret ?? null,
          keepOld: body.keep_old,
        })
        const updated = await updateWebhookSource(writer, source.id, { secrets })
        await writer.audit(sourceFact('secret_rotated', updated))
        return { ...presentWebhookSource(updated), secret }
      })
    },
  }),
]

export const webhookSourceEndpoints = [...readEndpoints, ...writeEndpoints]

/** Before anything is written: a source with a broken mapping would only make failed receipts. */
async function refuseFaults(
  { mapper }: ApiContext,
  { provider, mapping, condition }: Pick<WebhookSource, 'provider' | 'mapping' | 'condition'>,
): Promise<void> {
  const text = mapping ?? mapper.findBuiltIn(provider)
  if (text === null) {
    throw new DomainError('invalid_argument', `mapping: ${provider} comes with none; give one.`)
  }
  if (mapping === null && condition === null) return
  const fault = await mapper.findFault({ mapping: text, condition })
  if (fault !== null) throw new DomainError('invalid_argument', `${fault}.`)
}

async function tryMapping(
  { database, mapper, clock }: ApiContext,
  idOrName: string,
  trial: z.output<typeof mappingTrial>,
) {
  const { payload, webhook_receipt_id: receiptId } = trial
  if ((payload === undefined) === (receiptId === undefined)) {
    throw new DomainError('invalid_argument', 'Give one of payload and webhook_receipt_id.')
  }
  const { source, sample } = await database.read(async (reader) => ({
    source: await getWebhookSource(reader, idOrName),
    sample: receiptId ? await readSample(reader, receiptId as WebhookReceiptId) : null,
  }))
  const mapping = trial.mapping ?? source.mapping ?? mapper.findBuiltIn(source.provider)
  if (mapping === null)
    throw new DomainError('invalid_argument', 'mapping: there is none; give one.')
  const mapped = await mapper.map({
    mapping,
    condition: trial.condition === undefined ? source.condition : trial.condition,
    event: trial.event ?? sample?.receipt.event ?? '',
    headers: sample?.receipt.headers ?? {},
    body: sample ? await unpackBody(sample.packed) : Buffer.from(JSON.stringify(payload)),
    receivedAt: sample ? Date.parse(sample.receipt.receivedAt) : clock(),
  })
  return presentMapped(mapped)
}

async function readSample(reader: Parameters<typeof getWebhookReceipt>[0], id: WebhookReceiptId) {
  const receipt = await getWebhookReceipt(reader, id)
  const packed = await findPackedBody(reader, id)
  if (packed === null) throw bodyGone(receipt)
  return { receipt, packed }
}

const presentProvider = ({ mapper }: ApiContext, name: SenderKind) => ({
  type: 'webhook_provider' as const,
  name,
  scheme: presets[name].scheme,
  reading: presentReading(presets[name].reading),
  mapping: mapper.findBuiltIn(name),
})
