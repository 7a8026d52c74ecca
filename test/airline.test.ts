import { beforeAll, describe, expect, it } from 'vitest'
import { applyChanges } from '../src/core/change/apply.ts'
import type { EventId } from '../src/core/ids.ts'
import { reconcile } from '../src/core/items/reconcile.ts'
import type { QuotedCase } from '../src/core/mining/case.ts'
import type { Finding, MiningReport } from '../src/core/mining/finding.ts'
import { mine } from '../src/core/mining/mine.ts'
import { propose } from '../src/core/propose/propose.ts'
import { eventText } from '../src/core/session.ts'
import { taintAll } from '../src/core/trust/line-taints.ts'
import {
  hash,
  type ReadSession,
  readAirlineMemory,
  readAirlineSessions,
  toCase,
} from './_airline.ts'

let sessions: ReadSession[] = []
let cases: QuotedCase[] = []
let report: MiningReport
const input = { documents: readAirlineMemory(), hash }

beforeAll(async () => {
  sessions = await readAirlineSessions()
  cases = sessions.map(toCase)
  report = mine(cases, input)
})

/** A seeded shuffle (mulberry32). */
function shuffle<T>(list: readonly T[], seed: number): T[] {
  let state = seed
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const copy = [...list]
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1))
    ;[copy[i], copy[j]] = [copy[j] as T, copy[i] as T]
  }
  return copy
}

/** Outcomes dealt out anew among the sessions of each task: whatever is found then is noise. */
function shuffleWithinTasks(list: readonly QuotedCase[], seed: number): QuotedCase[] {
  return [...Map.groupBy(list, ({ trace }) => trace.task.id)].flatMap(([, group], index) => {
    const outcomes = shuffle(
      group.map(({ success }) => success),
      seed * 1_000 + index,
    )
    return group.map((one, at) => ({ ...one, success: outcomes[at] ?? null }))
  })
}

describe('the bundled airline sessions', () => {
  it('are 315 sessions of 10 agents on 30 tasks, 144 of them successful', () => {
    expect(cases).toHaveLength(315)
    expect(new Set(cases.map(({ trace }) => trace.agent.model)).size).toBe(10)
    expect(new Set(cases.map(({ trace }) => trace.task.id)).size).toBe(30)
    expect(cases.filter(({ success }) => success === true)).toHaveLength(144)
    expect(cases.filter(({ success }) => success === null)).toHaveLength(0)
  })

  it('show that sessions which cancel fail more often than others on the same task', () => {
    const found = report.findings.find(
      ({ key }) => key === 'step_outcome:cancel_reservation:called',
    )
    expect(found).toMatchObject({
      grade: 'B',
      sessionsWith: 69,
      sessionsWithout: 246,
      taskType: 'airline',
    })
    expect(found?.effect?.riskDifference).toBeCloseTo(-0.3097, 3)
    // With the agent held fixed as well the doubt grows tenfold: 0.0004 by task alone.
    expect(found?.effect?.agents).toBe(10)
    expect(found?.effect?.agentAdjusted?.riskDifference).toBeLessThan(-0.1)
    expect(found?.effect?.p).toBeLessThan(0.01)
  })

  it('would look far worse if the task were not held fixed', () => {
    const family = report.families.find(({ kind }) => kind === 'step_outcome')
    expect(family?.unadjustedSignificant).toBeGreaterThan(family?.found ?? 99)
    const booked = report.findings.find(({ key }) => key === 'step_outcome:book_reservation:called')
    expect(booked).toBeUndefined()
  })

  it('give the same findings in whatever order the sessions come', () => {
    expect(mine(shuffle(cases, 7), input)).toEqual(report)
  })

  it('give hardly any graded finding when outcomes are shuffled within tasks', () => {
    const graded = Array.from({ length: 40 }, (_, seed) => {
      const { findings } = mine(shuffleWithinTasks(cases, seed), input)
      return findings.filter(({ grade }) => grade !== 'D').length
    })
    const share = graded.filter((count) => count > 0).length / graded.length
    expect(share).toBeLessThanOrEqual(0.2)
  })

  it('are quoted byte for byte', () => {
    const texts = new Map(
      sessions.flatMap(({ events }) =>
        events.map((event) => [event.id, eventText(event.body)] as const),
      ),
    )
    const quotes = report.findings.flatMap(({ evidence }) => evidence)
    expect(quotes.length).toBeGreaterThan(50)
    for (const { eventId, start, end, text } of quotes) {
      expect(texts.get(eventId)?.slice(start, end)).toBe(text)
    }
    for (const { trace, quote } of cases) {
      for (const { at } of trace.turns) {
        const { eventId, start, end, text } = quote('turn', at) ?? { eventId: '' }
        expect(texts.get(eventId as EventId)?.slice(start, end)).toBe(text)
      }
    }
  })
})

describe('the starting memory', () => {
  const documents = readAirlineMemory()
  const reconciliation = reconcile(documents, hash)
  const trust = { taints: taintAll(documents, 'operator'), sign: hash }

  it('has the planted duplicates, and no others are found', () => {
    const found = reconciliation.duplicates.map(({ survivor, others }) =>
      [survivor, ...others.map(({ item }) => item)]
        .map(({ path }) => path)
        .toSorted()
        .join(' '),
    )
    expect(found.toSorted()).toEqual([
      '/cancellations.md /changes.md',
      '/cancellations.md /payments.md',
      '/changes.md /payments.md',
    ])
  })

  it('has the planted contradictions and outdated lines, and no others are flagged', () => {
    const found = reconciliation.conflicts.map(
      ({ first, second }) => `${first.path} ${second.path}`,
    )
    expect(found).toEqual([
      '/baggage.md /changes.md',
      '/cancellations.md /cancellations.md',
      '/changes.md /changes.md',
      '/payments.md /payments.md',
    ])
  })

  it('gets few changes, all of which apply, and none of them again once they are in', () => {
    const proposing = { findings: report.findings, documents, reconciliation, hash, trust }
    const { changes } = propose(proposing)
    expect(changes.length).toBeGreaterThan(3)
    expect(changes.length).toBeLessThan(12)
    const { documents: after, refused } = applyChanges(documents, changes, hash)
    expect(refused).toEqual([])
    const again = propose({
      ...proposing,
      documents: after,
      reconciliation: reconcile(after, hash),
      trust: { taints: taintAll(after, 'operator'), sign: hash },
    })
    expect(again.changes).toEqual([])
    expect(again.nothing.filter((line) => line.includes('says so already'))).not.toEqual([])
  })

  it('is not told what no comparison supports', () => {
    const { changes } = propose({
      findings: report.findings,
      documents,
      reconciliation,
      hash,
      trust,
    })
    const byKey = new Map(
      report.findings.map((finding): [string, Finding] => [finding.key, finding]),
    )
    for (const change of changes.filter(({ operation }) => operation === 'add')) {
      const finding = byKey.get(change.findingKeys[0] ?? '')
      const isSeen = ['error_recovery', 'reference_path'].includes(finding?.kind ?? '')
      expect(isSeen || finding?.grade === 'B' || finding?.grade === 'C').toBe(true)
      expect(change.evidence.length).toBeGreaterThan(0)
    }
  })
})
