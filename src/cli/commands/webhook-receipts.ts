import { readFile } from 'node:fs/promises'
import type {
  MappingDocument,
  ReceiptDocument,
  ReceiptsDocument,
} from '../../contract/webhook-sources.ts'
import { DomainError } from '../../core/errors.ts'
import type { WebhookReceiptId } from '../../core/ids.ts'
import { presentMapped, presentWebhookReceipt } from '../../core/present/webhook-source.ts'
import type { Mapped, MappingTask } from '../../core/receive/mapping.ts'
import { type Headers, readPlace } from '../../core/receive/signature.ts'
import type { Context } from '../../pipeline/context.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import {
  findPackedBody,
  listWebhookReceipts,
  replayWebhookReceipt,
  unpackBody,
} from '../../storage/webhook-receipts.ts'
import { getWebhookSource, type WebhookSource } from '../../storage/webhook-sources.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { layTable, plural, showForeign } from '../text.ts'

export interface TestOptions extends GlobalOptions {
  readonly event?: string
  readonly mapping?: string
}

export interface ReceiptOptions extends GlobalOptions {
  readonly source?: string
  readonly limit?: number
}

const operator = { type: 'user', id: 'cli' } as const
/** As many receipts are tried without a file. */
const samples = 20

interface Sample {
  readonly name: string
  readonly event: string
  readonly headers: Headers
  readonly body: Uint8Array
  readonly receivedAt: number
}

/** What the mapping of a source gives for a file, or for the last deliveries; nothing is stored. */
export function runMappingTest(
  invocation: Invocation,
  { source: name, file }: { readonly source: string; readonly file: string | undefined },
  options: TestOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const source = await context.database.read((reader) => getWebhookSource(reader, name))
    const own = options.mapping === undefined ? null : await readFile(options.mapping, 'utf8')
    const mapping = own ?? source.mapping ?? context.mapper.findBuiltIn(source.provider)
    if (mapping === null)
      throw new DomainError('invalid_argument', 'There is no mapping: --mapping FILE.')
    const found =
      file === undefined
        ? await readSamples(context, source)
        : [await readSampleFile(context, source, { file, event: options.event })]
    const results: { sample: string; mapped: Mapped }[] = []
    for (const { name: sample, ...given } of found) {
      const task: MappingTask = { ...given, mapping, condition: source.condition }
      results.push({ sample, mapped: await context.mapper.map(task) })
    }
    const document: MappingDocument = {
      version: 1,
      kind: 'mapping_results',
      data: results.map(({ sample, mapped }) => ({ ...presentMapped(mapped), sample })),
    }
    invocation.print(document, () => results.flatMap(describe))
    return results.some(({ mapped }) => mapped.type === 'failed') ? exitCodes.failed : exitCodes.ok
  })
}

export function runReceipts(invocation: Invocation, options: ReceiptOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const receipts = await context.database.read(async (reader) => {
      const name = options.source
      const source = name === undefined ? null : await getWebhookSource(reader, name)
      return listWebhookReceipts(reader, {
        ...(source ? { sourceId: source.id } : {}),
        limit: options.limit ?? samples,
      })
    })
    const document: ReceiptsDocument = {
      version: 1,
      kind: 'webhook_receipts',
      data: receipts.map(presentWebhookReceipt),
    }
    invocation.print(document, () =>
      layTable(
        receipts.map((one) => [
          one.id,
          one.receivedAt,
          showForeign(one.event),
          one.state,
          showForeign(one.reason ?? plural(one.signals, 'signal')),
          one.bodyGone === null ? '' : `body ${one.bodyGone.why}`,
        ]),
      ),
    )
    return exitCodes.ok
  })
}

export function runReplay(
  invocation: Invocation,
  id: string,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const receipt = await context.database.write(operator, async (writer) => {
      const receiptId = id as WebhookReceiptId
      const replayed = await replayWebhookReceipt(writer, toOutbox(context), receiptId)
      await writer.audit({
        action: 'webhook_receipt.replayed',
        objectType: 'webhook_receipt',
        objectId: id,
      })
      return replayed
    })
    const document: ReceiptDocument = {
      version: 1,
      kind: 'webhook_receipt',
      webhook_receipt: presentWebhookReceipt(receipt),
    }
    invocation.print(document, () => [
      `${receipt.id} waits for a worker (lucidream serve or work).`,
    ])
    return exitCodes.ok
  })
}

async function readSamples({ database }: Context, source: WebhookSource): Promise<Sample[]> {
  const found = await database.read(async (reader) => {
    const receipts = await listWebhookReceipts(reader, { sourceId: source.id, limit: samples })
    const packed = []
    for (const receipt of receipts) {
      const data = await findPackedBody(reader, receipt.id)
      if (data !== null) packed.push({ receipt, data })
    }
    return packed
  })
  if (found.length === 0) {
    throw new DomainError(
      'not_found',
      `${source.name} has sent nothing whose body is kept; name a file with a payload.`,
    )
  }
  return Promise.all(
    found.map(async ({ receipt, data }) => ({
      name: receipt.id,
      event: receipt.event,
      headers: receipt.headers,
      body: await unpackBody(data),
      receivedAt: Date.parse(receipt.receivedAt),
    })),
  )
}

async function readSampleFile(
  { clock }: Context,
  { reading }: WebhookSource,
  { file, event }: { readonly file: string; readonly event: string | undefined },
): Promise<Sample> {
  const body = await readFile(file)
  const parsed = tryParse(body)
  return {
    name: file,
    event: event ?? readPlace(reading.event, {}, parsed) ?? '',
    headers: {},
    body,
    receivedAt: clock(),
  }
}

function tryParse(body: Buffer) {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // The mapping says so.
    return null
  }
}

function describe({
  sample,
  mapped,
}: {
  readonly sample: string
  readonly mapped: Mapped
}): string[] {
  if (mapped.type !== 'signals') return [`${sample}: ${mapped.type}, ${showForeign(mapped.reason)}`]
  return [
    `${sample}: ${plural(mapped.signals.length, 'signal')}`,
    ...mapped.signals.map(({ kind, success, value, subjects }) => {
      const about = subjects.map((one) => `${one.type}=${one.value}`).join(', ')
      const says = success === null ? 'undecided' : success ? 'success' : 'failure'
      return `  ${showForeign(kind)}: ${says}${value === null ? '' : ` (${value})`}; ${showForeign(about) || 'about nothing'}`
    }),
  ]
}
