import type { ChangeId, DreamId, FindingId } from '../core/ids.ts'
import type { Json } from '../core/session.ts'
import {
  blankOut,
  type Erased,
  eraseDetail,
  erasedWords,
  eraseStrings,
  shortestPhrase,
} from '../core/trust/erasure.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Writer } from './database.ts'
import type { Lineage } from './lineage.ts'
import { unindexOwner } from './search-index.ts'

const idsPerQuery = 2_000

/**
 * Takes the words of a subject out of what was made of them: titles and templates of findings, changes and what was
 * said of them, what dreams reported and showed. Counts, grades and ids stay.
 */
export async function purgeDerived(writer: Writer, lineage: Lineage): Promise<void> {
  const phrases = new Set<string>()
  for (const ids of inBatches(lineage.findings, idsPerQuery)) {
    for (const phrase of await purgeFindings(writer, ids)) phrases.add(phrase)
  }
  for (const ids of inBatches(lineage.changes, idsPerQuery)) await purgeChanges(writer, ids)
  const lines = new Set([...lineage.lines.cuts.values()].flatMap((cuts) => [...cuts.keys()]))
  const erased = { phrases: [...phrases].filter((one) => one.length >= shortestPhrase), lines }
  for (const ids of inBatches(lineage.dreams, 200)) await purgeDreams(writer, ids, erased)
}

/** Answers with the titles that they had. */
async function purgeFindings(writer: Writer, ids: readonly FindingId[]): Promise<string[]> {
  const rows = await writer.read
    .selectFrom('findings')
    .select(['id', 'title', 'payload'])
    .where('id', 'in', anyOf(ids))
    .where('title', '!=', erasedWords)
    .execute()
  for (const { id, payload } of rows) {
    const { detail, ...figures } = JSON.parse(payload)
    await writer.write
      .updateTable('findings')
      .set({
        key: `erased:${id}`,
        title: erasedWords,
        payload: JSON.stringify({ ...figures, detail: eraseDetail(detail) }),
      })
      .where('id', '=', id)
      .execute()
  }
  return rows.map(({ title }) => title)
}

const erasedChange = JSON.stringify({
  edits: [],
  leaves: 'content',
  before: null,
  after: null,
  rationale: erasedWords,
  grade: 'D',
  findingKeys: [],
  trust: { taint: 'untrusted', quarantine: [] },
})

async function purgeChanges(writer: Writer, ids: readonly ChangeId[]): Promise<void> {
  await writer.write
    .updateTable('changes')
    .set({ payload: erasedChange, status_reason: null })
    .where('id', 'in', anyOf(ids))
    .execute()
  await writer.write
    .updateTable('critiques')
    .set({ explanation: erasedWords })
    .where('change_id', 'in', anyOf(ids))
    .execute()
  await writer.write
    .updateTable('reviews')
    .set({ reason: erasedWords })
    .where('change_id', 'in', anyOf(ids))
    .where('reason', 'is not', null)
    .execute()
  await writer.write
    .updateTable('reviews')
    .set({ edited_from: erasedChange })
    .where('change_id', 'in', anyOf(ids))
    .where('edited_from', 'is not', null)
    .execute()
  await writer.write
    .updateTable('decision_reasons')
    .set({ value: erasedWords })
    .where('decision_id', 'in', (decisions) =>
      decisions.selectFrom('decisions').select('id').where('change_id', 'in', anyOf(ids)),
    )
    .execute()
  await blankEdits(writer, ids)
}

/** Places of later edits are told by the length of earlier ones, so that stays. */
async function blankEdits(writer: Writer, ids: readonly ChangeId[]): Promise<void> {
  const rows = await writer.read
    .selectFrom('change_write_parts')
    .select(['write_id', 'ordinal', 'edits'])
    .where('owner_id', 'in', anyOf(ids))
    .execute()
  for (const { write_id, ordinal, edits } of rows) {
    const parts: { start: number; before: string; after: string }[] = JSON.parse(edits)
    const blank = parts.map(({ start, before, after }) => ({
      start,
      before: blankOut(before),
      after: blankOut(after),
    }))
    await writer.write
      .updateTable('change_write_parts')
      .set({ edits: JSON.stringify(blank) })
      .where('write_id', '=', write_id)
      .where('ordinal', '=', ordinal)
      .execute()
  }
}

/** What steps left each other goes whole; of reports and of what was shown, the strings that hold erased words. */
async function purgeDreams(writer: Writer, ids: readonly DreamId[], erased: Erased): Promise<void> {
  const dreams = await writer.read
    .selectFrom('dreams')
    .select(['id', 'report', 'session_id'])
    .where('id', 'in', ids)
    .execute()
  for (const { id, report, session_id } of dreams) {
    const cleaned =
      report === null ? null : JSON.stringify(eraseStrings(JSON.parse(report), erased))
    await writer.write
      .updateTable('dreams')
      .set({ mined: null, reconciled: null, report: cleaned })
      .where('id', '=', id)
      .execute()
    if (session_id === null) continue
    const events = await writer.read
      .selectFrom('session_events')
      .innerJoin('transcripts', 'transcripts.id', 'session_events.transcript_id')
      .select(['session_events.transcript_id', 'session_events.seq', 'session_events.body'])
      .where('transcripts.session_id', '=', session_id)
      .execute()
    let changed = false
    for (const { transcript_id, seq, body } of events) {
      const before: Json = JSON.parse(body)
      const after = eraseStrings(before, erased)
      if (after === before) continue
      changed = true
      await writer.write
        .updateTable('session_events')
        .set({ body: JSON.stringify(after) })
        .where('transcript_id', '=', transcript_id)
        .where('seq', '=', seq)
        .execute()
    }
    if (changed) await unindexOwner(writer, session_id)
  }
}
