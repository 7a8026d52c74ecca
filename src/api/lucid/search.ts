import { searchPage, searchQuery } from '../../contract/lucid/search.ts'
import type { Span } from '../../core/diff/text-diff.ts'
import { DomainError } from '../../core/errors.ts'
import type { MemoryStoreId, SessionId } from '../../core/ids.ts'
import { parseQuery } from '../../core/search/query.ts'
import type { Reader } from '../../storage/database.ts'
import { type Found, searchBlock } from '../../storage/search.ts'
import { readIndexState } from '../../storage/search-events.ts'
import type { Candidates } from '../../storage/search-index.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'

export const searchEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/search',
    family: 'lucid',
    scopes: ['review'],
    summary:
      'Full text of memories and of what sessions said and did, ranked, with what was found as offsets.',
    query: searchQuery,
    response: searchPage,
    async handle({ context, query }) {
      const { page, limit, ...asked } = query
      const { keyring } = context
      const list = `search ${context.hash(JSON.stringify(asked)).slice(0, 16)}`
      const position =
        page === undefined ? start : (readCursor(keyring, list, page) as [number | null, number])
      const wanted = toCandidates(query)
      return context.database.read(async (reader) => {
        const { found, next } = await collect(reader, wanted, { position, limit })
        const { indexedThrough, pending } = await readIndexState(reader)
        return {
          data: found.map(present),
          next_page: next && writeCursor(keyring, list, next),
          index: { indexed_through: indexedThrough, pending },
        }
      })
    },
  }),
]

/** Where a page begins: the document that its block lies before, and how many of the block were shown. */
type Position = [before: number | null, shown: number]
const start: Position = [null, 0]
/** Blocks that one request looks through where the index names texts that do not match after all. */
const mostBlocks = 5

type Wanted = Omit<Candidates, 'limit' | 'before'>

interface Page {
  readonly position: Position
  readonly limit: number
}

async function collect(reader: Reader, wanted: Wanted, { position, limit }: Page) {
  const found: Found[] = []
  let [before, shown] = position
  for (let blocks = 0; blocks < mostBlocks; blocks += 1) {
    const block = await searchBlock(reader, { ...wanted, before: before ?? undefined })
    const taken = block.found.slice(shown, shown + limit - found.length)
    found.push(...taken)
    shown += taken.length
    if (shown < block.found.length) return { found, next: [before, shown] as Position }
    if (block.next === null) return { found, next: null }
    before = block.next
    shown = 0
    if (found.length === limit) break
  }
  return { found, next: [before, 0] as Position }
}

interface Query {
  readonly q: string
  readonly in?: 'memories' | 'events' | undefined
  readonly memory_store_id?: string | undefined
  readonly session_id?: string | undefined
  readonly agent?: string | undefined
}

function toCandidates(query: Query): Wanted {
  const { memory_store_id: storeId, session_id: sessionId, agent } = query
  const ofMemories = storeId !== undefined
  const ofEvents = sessionId !== undefined || agent !== undefined
  if (
    (ofMemories && (ofEvents || query.in === 'events')) ||
    (ofEvents && query.in === 'memories')
  ) {
    throw new DomainError(
      'invalid_argument',
      'memory_store_id looks through memories, session_id and agent through events; nothing is both.',
    )
  }
  return {
    terms: parseQuery(query.q),
    kind:
      ofMemories || query.in === 'memories' ? 'memory' : ofEvents || query.in ? 'event' : undefined,
    ownerId: (storeId as MemoryStoreId | undefined) ?? (sessionId as SessionId | undefined),
    agentName: agent,
  }
}

function present(one: Found) {
  if (one.kind === 'event') {
    const { sessionId, sessionTitle, agentName, event } = one.event
    return {
      type: 'event' as const,
      session_id: sessionId,
      session_title: sessionTitle,
      agent: agentName,
      event_id: event.id,
      event_type: event.body.type,
      seq: event.seq,
      processed_at: event.processedAt,
      ...excerpt(one.text, one.match.spans, one.match.score),
    }
  }
  const { memory } = one
  const behind = memory.path.length + 1
  const inContent = one.match.spans.filter(({ start }) => start >= behind)
  return {
    type: 'memory' as const,
    memory_store_id: memory.storeId,
    memory_id: memory.id,
    memory_version_id: memory.versionId,
    path: memory.path,
    path_spans: one.match.spans.filter(({ start }) => start < behind).map((span) => ({ ...span })),
    updated_at: memory.updatedAt,
    ...excerpt(
      memory.content,
      inContent.map(({ start, end }) => ({ start: start - behind, end: end - behind })),
      one.match.score,
    ),
  }
}

/** Characters before the first thing found, and of the whole excerpt. */
const excerptLead = 80
const excerptLength = 320

function excerpt(text: string, spans: readonly Span[], score: number) {
  const first = spans[0]?.start ?? 0
  const from = Math.max(0, Math.min(first - excerptLead, text.length - excerptLength))
  return {
    score: Math.round(score * 1_000) / 1_000,
    excerpt: text.slice(from, from + excerptLength),
    excerpt_start: from,
    text_length: text.length,
    spans: spans.map((span) => ({ ...span })),
  }
}
