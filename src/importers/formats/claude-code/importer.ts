import type { Head, Importer, ImportItem, Source } from '../../importer.ts'
import { asObject, asString } from '../../shape.ts'
import { indexFile } from './file-index.ts'
import { isSessionIndex, readSessionIndex, sessionIndexName } from './session-index.ts'
import { readTranscript } from './transcript.ts'

/**
 * Claude Code's session log: one record a line, a tree by `parentUuid`. Read twice: first an index of what
 * refers to what, then the records themselves, a batch at a time.
 */
export const claudeCode: Importer = {
  format: 'claude-code',
  version: 1,
  detect: ({ records, text }: Head) =>
    records.some((value) => {
      const record = asObject(value)
      const type = asString(record?.type)
      if (type === 'summary') return asString(record?.leafUuid) !== null
      if (type === 'file-history-snapshot') return asString(record?.messageId) !== null
      const spoken = type === 'user' || type === 'assistant' || type === 'system'
      return spoken && asString(record?.uuid) !== null && asString(record?.sessionId) !== null
    }) || /^\{"parentUuid":/.test(text),
  beside: {
    name: sessionIndexName,
    format: 'claude-code-outcomes',
    detect: isSessionIndex,
    read: readSessionIndex,
  },
  read,
}

async function* read(source: Source): AsyncIterable<ImportItem> {
  const index = await indexFile(source)
  yield* index.notes
  const { note } = source.beside
  if (note !== null) yield { type: 'skipped', reason: note, count: 1, kept: false }
  if (index.records === 0) return
  yield* readTranscript(source, index)
}
