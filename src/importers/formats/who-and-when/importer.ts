import { makeId } from '../../../core/ids.ts'
import type { OutcomeSignal } from '../../../core/outcome/signal.ts'
import type { JsonObject, Session } from '../../../core/session.ts'
import type { Head, Importer, ImportItem, Source } from '../../importer.ts'
import { parseRecords, readLines } from '../../reading/lines.ts'
import { makeSessionId, toEventsItem } from '../../session-draft.ts'
import { asArray, asBoolean, asKey, asObject, asString, exposureLabel } from '../../shape.ts'
import { baseName, cutTitle } from '../../simulated-user.ts'
import { readHistory } from './history.ts'

/** Who&When: failed runs of teams of agents, one a line, with who failed, when and why as people judged it. */
export const whoAndWhen: Importer = {
  format: 'who-and-when',
  version: 1,
  detect: ({ text, records }: Head) =>
    records.some((value) => isRun(asObject(value))) ||
    // A first line longer than the head parses to nothing.
    (/^\s*\{"_path"\s*:/.test(text) && /"history"\s*:\s*\[/.test(text)),
  read,
}

const isRun = (record: JsonObject | null): record is JsonObject =>
  record !== null && asArray(record.history) !== null && record.mistake_step !== undefined

async function* read(source: Source): AsyncIterable<ImportItem> {
  const seen = new Map<string, number>()
  for await (const line of readLines(source.open(), source.limits.recordBytes)) {
    if ('tooLong' in line) {
      yield skip('line longer than the record limit', false)
      continue
    }
    if (line.invalidUtf8) yield skip('invalid UTF-8, replaced by U+FFFD', true)
    const { records, torn } = parseRecords(line.text)
    if (torn !== null) yield skip('torn line', false)
    for (const value of records) {
      const run = asObject(value)
      if (isRun(run)) yield* readRun(source, run, seen)
      else yield skip('record without a history and its mistake', false)
    }
  }
}

const skip = (reason: string, kept: boolean): ImportItem => ({
  type: 'skipped',
  reason,
  count: 1,
  kept,
})

async function* readRun(
  source: Source,
  run: JsonObject,
  seen: Map<string, number>,
): AsyncIterable<ImportItem> {
  const { history, ...rest } = run
  const masked = await source.mask([rest, ...(asArray(history) ?? [])])
  const judged = asObject(masked.records[0]) ?? {}
  const session = describeSession(source, judged, seen)
  yield { type: 'session', session }
  const { events, unknown } = readHistory(masked.records, {
    key: session.key,
    hash: source.hash,
  })
  yield toEventsItem(session.id, events, masked)
  for (const reason of unknown) yield { type: 'skipped', reason, count: 1, kept: true }
  yield { type: 'session_end', session, outcomes: [readOutcome(source, session, judged)] }
}

function describeSession(source: Source, run: JsonObject, seen: Map<string, number>): Session {
  const path = asString(run._path) ?? baseName(source.path)
  const name = `who-and-when:${path}`
  const repeat = seen.get(name) ?? 0
  seen.set(name, repeat + 1)
  const key = repeat === 0 ? name : `${name}#${repeat + 1}`
  // `Who&When/Hand-Crafted/10.json`: the folder tells which kind of team worked.
  const team = (path.split('/').at(-2) ?? 'unknown').toLowerCase()
  const question = asString(run.question)
  const id = asKey(run.question_ID)
  return {
    id: makeSessionId({ key, hash: source.hash }),
    key,
    format: 'who-and-when',
    agent: { name: team, version: null, model: null },
    task: { type: 'question', id: id === null ? null : `question/${source.taskIds[id] ?? id}` },
    title: question === null ? null : cutTitle(question),
    startedAt: null,
    endedAt: null,
    status: 'idle',
    principal: null,
    labels: { team, ...exposureLabel(run) },
  }
}

/** `is_correct` in one half of the set, `is_corrected` in the other. */
function readOutcome(source: Source, session: Session, run: JsonObject): OutcomeSignal {
  const correct = asBoolean(run.is_correct) ?? asBoolean(run.is_corrected)
  const value = correct === null ? null : correct ? 1 : 0
  const components = {
    mistake_agent: asString(run.mistake_agent),
    // Text, as the source writes it: a number among the components is a verdict.
    mistake_step: asKey(run.mistake_step),
    mistake_reason: asString(run.mistake_reason),
  }
  const content = JSON.stringify([value, correct, components])
  return {
    id: makeId('osig', source.hash, [session.key, 'answer_correct', content]),
    sessionId: session.id,
    kind: 'answer_correct',
    value,
    success: correct,
    components,
    decidedAt: null,
    source: 'who-and-when',
  }
}
