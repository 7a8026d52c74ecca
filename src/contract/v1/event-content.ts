import { z } from 'zod'
import { givenId, line, prose } from './wire.ts'

/** The largest text of one block; a body has its own limit above it. */
const text = prose(0, 4_194_304)
const textBlock = z.object({ type: z.literal('text'), text })

const base64 = z.object({
  type: z.literal('base64'),
  media_type: line(1, 255),
  data: z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'not base64'),
})
const url = z.object({ type: z.literal('url'), url: line(1, 8_192) })
const file = z.object({ type: z.literal('file'), file_id: givenId })
const plainText = z.object({
  type: z.literal('text'),
  media_type: z.literal('text/plain'),
  data: text,
})

const image = z.object({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [base64, url, file]),
})
const document = z.object({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [base64, plainText, url, file]),
  title: line(0, 500).nullish(),
  context: text.nullish(),
})
const searchResult = z.object({
  type: z.literal('search_result'),
  source: line(0, 8_192),
  title: line(0, 500),
  content: z.array(textBlock).max(1_000),
  citations: z.object({ enabled: z.boolean() }),
})

/** Redacted blocks are of the server's making only; sending one is refused. */
export const messageContent = z
  .array(z.discriminatedUnion('type', [textBlock, image, document]))
  .min(1, 'at least one block')
  .max(1_000, 'at most 1000 blocks')

export const resultContent = z
  .array(z.discriminatedUnion('type', [textBlock, image, document, searchResult]))
  .max(1_000, 'at most 1000 blocks')
