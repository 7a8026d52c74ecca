import { type Expression, type SqlBool, sql } from 'kysely'
import type { EventId, MemoryId, MemoryStoreId, SessionId } from '../core/ids.ts'
import type { Memory } from '../core/memory.ts'
import { maySitInside, type SearchTerm } from '../core/search/query.ts'
import { listIndexTokens, tailMark } from '../core/search/tokens.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Scratch } from './database.ts'
import { isPostgres } from './dialect.ts'

/** A memory of a store or an event of a session, as the index names it. */
export interface SearchDocument {
  readonly kind: 'memory' | 'event'
  readonly ownerId: MemoryStoreId | SessionId
  readonly objectId: MemoryId | EventId
  /** Of an event. */
  readonly transcriptId: number | null
  /** Of an event: the name of the agent whose session it is. */
  readonly agentName: string | null
  readonly text: string
}

/** Of objects that are not in the index yet. */
export async function insertDocuments(
  scratch: Scratch,
  documents: readonly SearchDocument[],
): Promise<void> {
  for (const batch of inBatches(documents, rowsPerInsert)) {
    const byObject = new Map(batch.map((one) => [one.objectId, one]))
    const inserted = await scratch.scratch
      .insertInto('search_documents')
      .values(
        batch.map(({ kind, ownerId, objectId, transcriptId }) => ({
          kind,
          owner_id: ownerId,
          object_id: objectId,
          transcript_id: transcriptId,
        })),
      )
      .returning(['id', 'object_id'])
      .execute()
    const rows = inserted.flatMap(({ id, object_id }) => {
      const document = byObject.get(object_id)
      return document ? [{ rowid: id, words: listWords(document) }] : []
    })
    await scratch.scratch.insertInto('search_index').values(rows).execute()
  }
}

const listWords = (document: SearchDocument) =>
  [...scopeTokens(document), ...listIndexTokens(document.text)].join(' ')

/** The head of a memory, in the transaction that made it the head. */
export async function indexMemory(scratch: Scratch, memory: Memory): Promise<void> {
  const document: SearchDocument = {
    kind: 'memory',
    ownerId: memory.storeId,
    objectId: memory.id,
    transcriptId: null,
    agentName: null,
    text: textOfMemory(memory),
  }
  await unindexObject(scratch, document)
  await insertDocuments(scratch, [document])
}

/** A memory is found by its path and its text. */
export const textOfMemory = ({ path, content }: { path: string; content: string }) =>
  `${path}\n${content}`

export async function unindexObject(
  scratch: Scratch,
  { ownerId, objectId }: Pick<SearchDocument, 'ownerId' | 'objectId'>,
): Promise<void> {
  const known = await scratch.read
    .selectFrom('search_documents')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('object_id', '=', objectId)
    .executeTakeFirst()
  if (!known) return
  await scratch.scratch.deleteFrom('search_index').where('rowid', '=', known.id).execute()
  await scratch.scratch.deleteFrom('search_documents').where('id', '=', known.id).execute()
}

/** All documents of a store or a session. */
export async function unindexOwner(
  scratch: Scratch,
  ownerId: SearchDocument['ownerId'],
): Promise<void> {
  const own = scratch.scratch
    .selectFrom('search_documents')
    .select('id')
    .where('owner_id', '=', ownerId)
  await scratch.scratch.deleteFrom('search_index').where('rowid', 'in', own).execute()
  await scratch.scratch.deleteFrom('search_documents').where('owner_id', '=', ownerId).execute()
}

export interface Candidates {
  readonly terms: readonly SearchTerm[]
  readonly kind?: SearchDocument['kind'] | undefined
  readonly ownerId?: SearchDocument['ownerId'] | undefined
  readonly agentName?: string | undefined
  /** Documents that came before this one. */
  readonly before?: number | undefined
  readonly limit: number
}

export type Candidate = Pick<SearchDocument, 'kind' | 'ownerId' | 'objectId'> & {
  readonly id: number
}

/** Newest first. The index says where words stand, not in which order: the caller looks at the texts. */
export async function listCandidates(reader: Reader, given: Candidates): Promise<Candidate[]> {
  // The index decides first: joined at once, a planner may ask it about every document there is.
  let named = reader.read
    .selectFrom('search_index')
    .select('rowid')
    .where(matches(reader, given))
    .orderBy('rowid', 'desc')
    .limit(given.limit)
  if (given.before !== undefined) named = named.where('rowid', '<', given.before)
  return reader.read
    .selectFrom(named.as('named'))
    .innerJoin('search_documents', 'search_documents.id', 'named.rowid')
    .select([
      'search_documents.id',
      'search_documents.kind',
      'search_documents.owner_id as ownerId',
      'search_documents.object_id as objectId',
    ])
    .orderBy('search_documents.id', 'desc')
    .execute()
}

/** Tokens are letters, digits and marks: nothing in them is syntax of either database. */
function matches(reader: Reader, given: Candidates): Expression<SqlBool> {
  const words = given.terms.flatMap(toAlternatives)
  const wanted = [...wantedScopes(given).map((token) => [token]), ...words]
  if (isPostgres(reader)) {
    const text = wanted.map((any) => `(${any.map(toLexeme).join(' | ')})`).join(' & ')
    return sql<SqlBool>`search_index.words @@ ${text}::tsquery`
  }
  const text = wanted.map((any) => `(${any.map(toPhrase).join(' OR ')})`).join(' AND ')
  return sql<SqlBool>`search_index match ${text}`
}

/** Any of these; a star at the end stands for more letters. */
function toAlternatives({ kind, tokens }: SearchTerm): string[][] {
  if (kind === 'prefix') return tokens.map((token) => [`${token}*`])
  if (kind === 'word') {
    return tokens.map((token) => (maySitInside(token) ? [token, `${tailMark}${token}*`] : [token]))
  }
  return tokens.map((token, index) => [index === tokens.length - 1 ? `${token}*` : token])
}

const toPhrase = (token: string) =>
  token.endsWith('*') ? `"${token.slice(0, -1)}"*` : `"${token}"`
const toLexeme = (token: string) =>
  token.endsWith('*') ? `'${token.slice(0, -1)}':*` : `'${token}'`

/** Marks what a document belongs to, so that one index answers for a store, a session or an agent. */
const scopeMark = '§'

function scopeTokens(document: SearchDocument): string[] {
  const { kind, ownerId, agentName } = document
  return [
    `${scopeMark}${kind}`,
    scopeMark + toLetters(ownerId),
    ...(agentName === null ? [] : [agentToken(agentName)]),
  ]
}

function wantedScopes({ kind, ownerId, agentName }: Candidates): string[] {
  return [
    ...(kind === undefined ? [] : [`${scopeMark}${kind}`]),
    ...(ownerId === undefined ? [] : [scopeMark + toLetters(ownerId)]),
    ...(agentName === undefined ? [] : [agentToken(agentName)]),
  ]
}

const agentToken = (name: string) =>
  `${scopeMark}agent${Buffer.from(name).toString('hex').slice(0, 200)}`

/** Other letters of an id would part it into two words. */
const toLetters = (id: string) => Buffer.from(id).toString('hex').slice(0, 200)
