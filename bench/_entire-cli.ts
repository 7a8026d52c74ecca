import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { QuotedCase } from '../src/core/mining/case.ts'
import type { Step } from '../src/core/transcript/trace.ts'
import { readTranscriptFile, sharedData, toCase } from '../test/_airline.ts'
import type { Row } from './_results.ts'
import { listSource } from './_sources.ts'
import { bootstrapMean, mean, wilson } from './_statistics.ts'

export const folder = join(sharedData, 'entire-cli')

export interface Session {
  readonly one: QuotedCase
  readonly startedAt: string
  readonly endedAt: string
  /** When its outcome was known; null where nothing says when. */
  readonly decidedAt: string | null
}

export async function readSessions(): Promise<Session[]> {
  const sessions: Session[] = []
  for (const path of listSource('entire-cli')) {
    for (const read of (await readTranscriptFile(path)).sessions) {
      const { startedAt, endedAt } = read.session
      if (startedAt === null || endedAt === null) continue
      const decidedAt = read.outcomes[0]?.decidedAt ?? null
      sessions.push({ one: toCase(read), startedAt, endedAt, decidedAt })
    }
  }
  return sessions
}

export interface Version {
  readonly commit: string
  readonly date: string
  readonly content: string
}

export const readLines = <T>(name: string): T[] =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)

/** The sources write times in several zones. */
export const at = (date: string) => new Date(date).toISOString()

/** Errors of a formatter or linter, by the command that was run or by what it said. */
const aboutLint = (step: Step) =>
  /\b(?:lint|fmt|gofmt|golangci-lint)\b/i.test(step.act) ||
  /\[(?:lint|fmt)[^\]]{0,20}\] error|golangci|gofmt/i.test(step.error ?? '')

interface Side {
  readonly sessions: number
  readonly withError: number
  readonly errors: readonly number[]
  readonly runs: number
}

export interface RuleMeasured {
  readonly commit: string
  readonly date: string
  readonly before: Side
  readonly after: Side
}

/**
 * The two edits that told agents to format and lint before each commit: the line that joined both commands,
 * and the checklist that made them required. Sessions that span the edit count on neither side.
 */
export function measureRule(
  sessions: readonly Session[],
  versions: readonly Version[],
): RuleMeasured[] {
  const adds = (cue: RegExp) =>
    versions.find(
      ({ content }, index) =>
        index > 0 && cue.test(content) && !cue.test(versions[index - 1]?.content ?? ''),
    )
  const told = [
    /always run .{0,40}fmt.{0,40}lint.{0,40}before commit/,
    /Before Every Commit \(REQUIRED\)/,
  ]
  return told.flatMap((cue) => {
    const version = adds(cue)
    if (!version) return []
    const date = at(version.date)
    const before = sessions.filter(({ endedAt }) => endedAt < date)
    const after = sessions.filter(({ startedAt }) => startedAt >= date)
    return [
      { commit: version.commit.slice(0, 8), date, before: sideOf(before), after: sideOf(after) },
    ]
  })
}

function sideOf(sessions: readonly Session[]): Side {
  const steps = sessions.map(({ one }) => one.trace.steps.filter(aboutLint))
  const errors = steps.map((list) => list.filter(({ status }) => status === 'error').length)
  return {
    sessions: sessions.length,
    withError: errors.filter((count) => count > 0).length,
    errors,
    runs: steps.flat().length,
  }
}

export function ruleRows({ commit, date, before, after }: RuleMeasured): Row[] {
  const what = `format and lint rule ${commit} of ${date.slice(0, 10)}`
  const side = (name: string, one: Side): Row[] => [
    {
      metric: `${what}: sessions with such an error, ${name}`,
      value: one.sessions === 0 ? 0 : one.withError / one.sessions,
      n: one.sessions,
      ...wilson(one.withError, one.sessions),
      goal: null,
      reached: null,
      note: `${one.withError} of ${one.sessions}`,
    },
    {
      metric: `${what}: such errors a session, ${name}`,
      value: mean(one.errors),
      ...bootstrapMean(one.errors),
      n: one.sessions,
      goal: null,
      reached: null,
      note: `${one.runs} runs of a formatter or linter`,
    },
  ]
  return [
    ...side('before', before),
    ...side('after', after),
    differenceRow(what, { before, after }),
  ]
}

/** Newcombe's interval of a difference of shares, from the two Wilson intervals. */
function differenceRow(
  what: string,
  { before, after }: Pick<RuleMeasured, 'before' | 'after'>,
): Row {
  const [p, q] = [after.withError / after.sessions, before.withError / before.sessions]
  const [a, b] = [
    wilson(after.withError, after.sessions),
    wilson(before.withError, before.sessions),
  ]
  const low = p - q - Math.hypot(p - a.low, b.high - q)
  const high = p - q + Math.hypot(a.high - p, q - b.low)
  const fewer = high < 0
  return {
    metric: `${what}: after minus before, share of sessions with an error`,
    value: p - q,
    low,
    high,
    n: before.sessions + after.sessions,
    goal: 'an improvement may be claimed: the interval lies under 0 and sessions were assigned at random',
    // Nobody assigned sessions to the rule, so even a clear difference would be no proof.
    reached: false,
    note: fewer
      ? 'fewer errors afterwards, but no session was assigned at random: no improvement may be claimed'
      : 'the interval holds 0 or more errors: no improvement may be claimed',
  }
}
