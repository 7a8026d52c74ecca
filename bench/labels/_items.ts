import { readFileSync, writeFileSync } from 'node:fs'
import type { QuotedCase } from '../../src/core/mining/case.ts'
import { layOutOne } from '../../src/core/mining/population.ts'
import { findWaste } from '../../src/core/mining/wasted-steps.ts'
import { eventText, type SessionEvent } from '../../src/core/session.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Step } from '../../src/core/transcript/trace.ts'
import { type ReadSession, toCase } from '../../test/_airline.ts'
import { readSourceSessions, type SourceName } from '../_sources.ts'
import { shuffle } from '../_statistics.ts'

export type Kind = 'turns' | 'steps'

/** What was labelled, by its place: some of the texts may not be passed on. */
export interface Item {
  readonly id: number
  readonly source: SourceName
  readonly session: string
  /** `seq` of the user's message or of the call. */
  readonly at: number
}

export interface LabelledSession extends ReadSession {
  readonly source: SourceName
  readonly one: QuotedCase
}

type Place = Omit<Item, 'id'>

/** How many turns of each source; what real people say to a coding agent is half. */
const turnsOf = { airline: 75, retail: 50, telecom: 25, 'entire-cli': 150 } as const
const stepsOf = { repeat: 75, retry: 35, loop: 36, read: 4, seen: 75, other: 75 } as const
const stepSources = ['airline', 'retail', 'telecom', 'intercode', 'entire-cli'] as const

/** Words that people object with among much else; on purpose not the detector's rule. */
const looseCue =
  /\b(?:no|not|wrong|instead|should|shouldn't|why|again|still|mistake|incorrect|fix|revert|but|already|forgot|missing|missed|rather|change|hmm|sorry|sure|didn't|doesn't|don't|isn't|wasn't|different|never|only|just)\b/i

const pathOf = (kind: Kind) => `bench/labels/${kind}.json`

export const readItems = (kind: Kind): Item[] => JSON.parse(readFileSync(pathOf(kind), 'utf8'))

/** Labels by item id; null where that reader left none. */
export function readLabels(kind: Kind, reader: string): ReadonlyMap<number, string> | null {
  let text: string
  try {
    text = readFileSync(`bench/labels/${kind}.${reader}.txt`, 'utf8')
  } catch {
    return null
  }
  const lines = text.split('\n').filter((line) => /^\d/.test(line))
  return new Map(
    lines.map((line) => {
      const [id, label] = line.split(/\s+/)
      return [Number(id), label ?? '']
    }),
  )
}

export async function readSessions(kind: Kind): Promise<LabelledSession[]> {
  const sources =
    kind === 'turns' ? (Object.keys(turnsOf) as (keyof typeof turnsOf)[]) : stepSources
  const sessions: LabelledSession[] = []
  for (const source of sources) {
    for (const read of await readSourceSessions(source))
      sessions.push({ ...read, source, one: toCase(read) })
  }
  return sessions
}

/** Draws the items once; what was drawn is kept, so that labels stay valid when the detectors change. */
export async function drawItems(kind: Kind): Promise<void> {
  const random = seededRandom(kind === 'turns' ? 2_026 : 2_027)
  const sessions = await readSessions(kind)
  const drawn = kind === 'turns' ? drawTurns(sessions, random) : drawSteps(sessions, random)
  const items = shuffle(drawn, random).map((place, index): Item => ({ id: index + 1, ...place }))
  const lines = items.map((item) => JSON.stringify(item)).join(',\n')
  writeFileSync(pathOf(kind), `[\n${lines}\n]\n`)
}

const isSpoken = ({ body, branch }: SessionEvent) =>
  branch === 'live' && body.type === 'user.message' && eventText(body).trim() !== ''

/** Half of the turns at random, half of those with a loose cue. */
function drawTurns(sessions: readonly LabelledSession[], random: () => number): Place[] {
  return Object.entries(turnsOf).flatMap(([source, count]) => {
    const turns = sessions.flatMap(({ source: own, session, events }) => {
      if (own !== source) return []
      const acted = events.find(({ body }) => /^agent\.(?:message|tool_use)$/.test(body.type))
      return events
        .filter((event) => isSpoken(event) && acted !== undefined && event.seq > acted.seq)
        .map((event) => ({
          place: { source: own, session: session.id, at: event.seq },
          cued: looseCue.test(eventText(event.body).slice(0, 600)),
        }))
    })
    const mixed = shuffle(turns, random)
    const first = mixed.slice(0, Math.floor(count / 2))
    const cued = mixed.slice(first.length).filter((turn) => turn.cued)
    return [...first, ...cued.slice(0, count - first.length)].map(({ place }) => place)
  })
}

/** Half of the steps from each kind of waste that is found, half not found: called before with the same words, and any. */
function drawSteps(sessions: readonly LabelledSession[], random: () => number): Place[] {
  const pools: Record<keyof typeof stepsOf, Place[]> = {
    repeat: [],
    retry: [],
    loop: [],
    read: [],
    seen: [],
    other: [],
  }
  const names = { exact_repeat: 'repeat', blind_retry: 'retry', loop: 'loop', re_read: 'read' }
  for (const { source, session, one } of sessions) {
    const place = ({ at }: Step): Place => ({ source, session: session.id, at })
    const list = one.trace.steps
    const found = new Set<Step>()
    for (const { waste, index, steps: count } of findWaste(layOutOne(one))) {
      const steps = list.slice(index, index + count)
      const pool = names[waste as keyof typeof names] as keyof typeof stepsOf | undefined
      if (pool === undefined) continue
      for (const step of steps) found.add(step)
      const any = steps[Math.floor(random() * steps.length)]
      if (any) pools[pool].push(place(any))
    }
    const calls = new Set<number>()
    for (const step of list) {
      if (!found.has(step)) pools[calls.has(step.call) ? 'seen' : 'other'].push(place(step))
      calls.add(step.call)
    }
  }
  return Object.entries(stepsOf).flatMap(([pool, count]) =>
    shuffle(pools[pool as keyof typeof stepsOf], random).slice(0, count),
  )
}
