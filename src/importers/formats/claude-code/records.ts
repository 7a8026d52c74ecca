import type { JsonObject } from '../../../core/session.ts'
import type { ImportItem, Source } from '../../importer.ts'
import { parseRecords, readLines } from '../../reading/lines.ts'
import { asObject, asString } from '../../shape.ts'

export type RecordOrNote =
  | { readonly record: JsonObject; readonly text: string }
  | { readonly note: Extract<ImportItem, { type: 'skipped' }> }

const note = (reason: string, kept: boolean): RecordOrNote => ({
  note: { type: 'skipped', reason, count: 1, kept },
})

/** The records of a log in file order. Glued ones are both recovered; what is lost is noted. */
export async function* readRecords(source: Source): AsyncIterable<RecordOrNote> {
  for await (const line of readLines(source.open(), source.limits.recordBytes)) {
    if ('tooLong' in line) {
      yield note('line longer than the record limit', false)
      continue
    }
    if (line.invalidUtf8) yield note('invalid UTF-8, replaced by U+FFFD', true)
    const { records, torn } = parseRecords(line.text)
    if (torn !== null) yield note('torn line', false)
    if (records.length > 1) yield note('line with records glued together, all recovered', true)
    for (const value of records) {
      const record = asObject(value)
      if (record) yield { record, text: line.text }
      else yield note('record that is no object', false)
    }
  }
}

/** The uuid at the end: older versions put a date before it. */
export function trailingUuid(text: string | null): string | null {
  return (
    /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.exec(text ?? '')?.[0] ?? null
  )
}

/** Where the record hangs in the tree. A compaction begins a new root and names its parent apart. */
export function parentOf(record: JsonObject): string | null {
  return asString(record.parentUuid) ?? asString(record.logicalParentUuid)
}
