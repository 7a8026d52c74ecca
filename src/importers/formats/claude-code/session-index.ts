import { makeId } from '../../../core/ids.ts'
import type { OutcomeSignal } from '../../../core/outcome/signal.ts'
import type { Json, JsonObject, Session } from '../../../core/session.ts'
import type { BesideFacts, Head, Source } from '../../importer.ts'
import { asArray, asBoolean, asNumber, asObject, asString } from '../../shape.ts'
import { baseName } from '../../simulated-user.ts'
import { trailingUuid } from './records.ts'

/** One line a session: which commits came of it and whether they stand on the main branch. */
export const sessionIndexName = 'index.jsonl'

/**
 * A branch without a commit on main this long after its last one is given up. Of the merged sessions that
 * this was read from, 98 % had their last commit on main sooner; a younger branch may still be open.
 */
const givenUpAfterDays = 14

/** Every line names a session and says what came of it. */
export const isSessionIndex = ({ records }: Head): boolean => {
  const row = asObject(records[0])
  return asString(row?.session) !== null && asString(asObject(row?.outcome)?.label) !== null
}

/** What the index says of the transcript at `path`: facts alone, so that they change only when it does. */
export function readSessionIndex(text: string, path: string): BesideFacts {
  const id = trailingUuid(baseName(path))?.toLowerCase() ?? null
  if (id === null) return { facts: null, note: null }
  let damaged = 0
  let newest: number | null = null
  let row: JsonObject | null = null
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const found = parse(line)
    if (!found) damaged += 1
    else {
      newest = latest([newest, ...commitsOf(found).map(({ at }) => at)])
      if (namesOf(found).includes(id)) row = found
    }
  }
  if (row) return { facts: judge(row, newest), note: null }
  const note = `${sessionIndexName} beside it names no such session and has lines that are no JSON object`
  return { facts: null, note: damaged > 0 ? note : null }
}

function parse(line: string): JsonObject | null {
  try {
    return asObject(JSON.parse(line))
  } catch {
    return null
  }
}

/** A session that went on past midnight has one name a day; the uuid at their ends is the same. */
function namesOf(row: JsonObject): string[] {
  const names = [row.session, ...(asArray(row.raw_ids) ?? [])]
  return names.flatMap((name) => trailingUuid(asString(name))?.toLowerCase() ?? [])
}

interface Commit {
  readonly at: number | null
  readonly onMain: boolean
}

function commitsOf(row: JsonObject): Commit[] {
  return (asArray(row.checkpoints) ?? []).flatMap((checkpoint) =>
    (asArray(asObject(checkpoint)?.commits) ?? []).map((value) => {
      const commit = asObject(value)
      return { at: readDate(commit?.date), onMain: commit?.on_main === true }
    }),
  )
}

/** Git's own form, `2026-01-06 12:36:43 +0100`. */
function readDate(value: Json | undefined): number | null {
  const text = asString(value) ?? ''
  const found = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)$/.exec(text)
  const ms = Date.parse(found ? `${found[1]}T${found[2]}${found[3]}:${found[4]}` : text)
  return Number.isNaN(ms) ? null : ms
}

const latest = (times: readonly (number | null)[]): number | null =>
  times.reduce((max, at) => (at !== null && (max === null || at > max) ? at : max), null)

function judge(row: JsonObject, newest: number | null): JsonObject | null {
  const outcome = asObject(row.outcome)
  const label = asString(outcome?.label)
  if (!outcome || label === null) return null
  const commits = commitsOf(row)
  const percent = asNumber(outcome.agent_percentage_mean)
  const merged = asBoolean(outcome.merged_to_main) ?? label === 'merged'
  const last = latest(commits.filter(({ onMain }) => onMain || !merged).map(({ at }) => at))
  return {
    label,
    success: merged ? true : isGivenUp(label, last, newest) ? false : null,
    // An abandonment is no event and has no date: undated, it gives way to a merge that comes late.
    decidedAt: merged && last !== null ? new Date(last).toISOString() : null,
    commits: `${commits.filter(({ onMain }) => onMain).length} of ${commits.length} on main`,
    // Says little: 0 for a third of the checkpoints, merged work of the agent's among them.
    agent_percentage: percent === null ? null : percent.toFixed(1),
  }
}

/** Only work that was committed can be given up; "now" is the newest commit that the index knows. */
function isGivenUp(label: string, last: number | null, newest: number | null): boolean {
  if (label !== 'committed_not_on_main' || last === null || newest === null) return false
  return newest - last >= givenUpAfterDays * 24 * 60 * 60 * 1000
}

/** Merged does not mean right: some of these were reverted later. It means that people took the work. */
export function readMerged({ beside, hash }: Source, session: Session): OutcomeSignal[] {
  const { facts } = beside
  if (!facts) return []
  const { success, decidedAt, ...rest } = facts
  const merged = asBoolean(success)
  const components = {
    label: asString(rest.label),
    // Text, because a number among the components is a verdict.
    commits: asString(rest.commits),
    agent_percentage: asString(rest.agent_percentage),
  }
  const content = JSON.stringify([merged, decidedAt ?? null, components])
  return [
    {
      id: makeId('osig', hash, [session.key, 'merged', content]),
      sessionId: session.id,
      kind: 'merged',
      value: null,
      success: merged,
      components,
      decidedAt: asString(decidedAt),
      source: sessionIndexName,
    },
  ]
}
