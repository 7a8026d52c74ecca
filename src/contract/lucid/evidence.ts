import { z } from 'zod'
import { evidence } from '../evidence.ts'

/** An event as a reader of evidence sees it: its text, cut where it is long. */
const eventView = z.object({
  id: z.string(),
  type: z.string(),
  seq: z.int(),
  processed_at: z.string().nullable(),
  text: z.string().describe('the text that quotes are taken from, from text_start on'),
  text_start: z.int(),
  text_length: z.int().describe('of the whole text, in UTF-16 units'),
})

/** A quote in its context. */
export const evidenceInContext = evidence.extend({
  byte_start: z.int().nullable().describe('offset in the UTF-8 bytes of the event’s text'),
  byte_end: z.int().nullable(),
  resolves: z.boolean().describe('whether the quote still stands there, byte for byte'),
  session_title: z.string().nullable(),
  event: eventView.nullable().describe('null when the event is gone'),
  before: z.array(eventView),
  after: z.array(eventView),
})
