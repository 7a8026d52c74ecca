import { nearMisses } from '../src/core/items/_near-misses.ts'
import { reconcile } from '../src/core/items/reconcile.ts'
import { hash } from '../test/_airline.ts'
import { keepResults, type Row } from './_results.ts'
import { wilson } from './_statistics.ts'
import { type Frame, frames, type Half, strangers } from './_wordings.ts'

interface Verdict {
  readonly merged: boolean
  readonly flagged: boolean
  /** Which of the two was retired for the other; null: neither. */
  readonly retired: 0 | 1 | null
}

/**
 * Two lines alone in a store, in wordings of other styles than those of the planted stores: what is merged,
 * flagged and superseded. Every verdict is shown with WORDINGS_SHOW=1.
 */
export function benchWordings(): void {
  keepResults('wordings', [...measureNearMisses(), ...measureFrames()])
}

function judge(first: string, second: string): Verdict {
  const content = `- ${first}\n- ${second}\n`
  const found = reconcile([{ path: '/notes.md', content, contentSha256: hash(content) }], hash)
  const [supersession] = found.supersessions
  return {
    merged: found.duplicates.length > 0,
    flagged: found.conflicts.length > 0,
    retired: supersession ? (supersession.older.text.endsWith(first) ? 0 : 1) : null,
  }
}

const show = (what: string, ...lines: readonly string[]) => {
  if (process.env.WORDINGS_SHOW) console.log(what, lines.join(' | '))
}

function measureNearMisses(): Row[] {
  const rows = [...Map.groupBy(nearMisses, ({ kind }) => kind)].map(([kind, own]) => {
    const lost = own.filter(({ pair }) => {
      const { merged, retired } = judge(...pair)
      if (merged || retired !== null) show('LOST', ...pair)
      return merged || retired !== null
    })
    return toRow(`pairs that differ in one ${kind}, one line lost`, [lost.length, own.length], 0)
  })
  const count = rows.reduce((sum, { hits }) => sum + hits, 0)
  const all = toRow('pairs that differ in one thing, one line lost', [count, nearMisses.length], 0)
  return [all, ...rows].map(({ row }) => row)
}

function toRow(metric: string, [hits, n]: readonly [number, number], atMost?: number) {
  const value = n === 0 ? 0 : hits / n
  const goal = atMost === undefined ? null : `≤ ${atMost}`
  const reached = atMost === undefined ? null : value <= atMost
  return { hits, row: { metric, value, ...wilson(hits, n), n, goal, reached } }
}

function measureFrames(): Row[] {
  const halves: readonly Half[] =
    process.env.WORDINGS_HALF === 'tune' ? ['tune'] : ['tune', 'report']
  return halves.flatMap((half) => {
    const tally = new Map<string, { hits: number; n: number }>()
    const add = (metric: string, hit: boolean) => {
      const { hits, n } = tally.get(metric) ?? { hits: 0, n: 0 }
      tally.set(metric, { hits: hits + (hit ? 1 : 0), n: n + 1 })
    }
    for (const frame of frames.filter((one) => one.half === half)) {
      for (const thing of frame.things) scoreThing(frame, thing, add)
    }
    for (const stranger of strangers.filter((one) => one.half === half)) {
      const told = judge(stranger.line, stranger.change)
      add(
        'harm: a change told of something else: a line lost',
        told.merged || told.retired !== null,
      )
      if (told.retired !== null) show('STRANGER', stranger.line, stranger.change)
    }
    return [...tally].map(([metric, { hits, n }]) => {
      const harmful = metric.startsWith('harm: ')
      return toRow(`${half}: ${metric}`, [hits, n], harmful ? 0 : undefined).row
    })
  })
}

function scoreThing(
  { name, wordings, things, values, changes }: Frame,
  thing: string,
  add: (metric: string, hit: boolean) => void,
): void {
  const at = things.indexOf(thing)
  const value = values[at % values.length] ?? ''
  const other = values[(at + 1) % values.length] ?? ''
  for (const [i, one] of wordings.entries()) {
    for (const two of wordings.slice(i + 1)) {
      const same = judge(one(thing, value), two(thing, value))
      add('one fact in two wordings: merged', same.merged)
      add('harm: one fact in two wordings: called a contradiction', same.flagged)
      if (!same.merged) show(`MISSED ${name}`, one(thing, value), two(thing, value))
      if (value === other) continue
      const clash = judge(one(thing, value), two(thing, other))
      add('two values in two wordings: flagged', clash.flagged)
      add('harm: two values in two wordings: one lost', clash.merged || clash.retired !== null)
      if (!clash.flagged) show(`UNFLAGGED ${name}`, one(thing, value), two(thing, other))
    }
    for (const change of changes) {
      const told = judge(one(thing, other), change(thing, value, other))
      add('a change told: the old line superseded', told.retired === 0)
      add('harm: a change told: the new line lost', told.merged || told.retired === 1)
      add('a change told: superseded or flagged', told.retired === 0 || told.flagged)
      if (told.retired !== 0)
        show(`UNTOLD ${name} ${told.flagged}`, one(thing, other), change(thing, value, other))
    }
  }
}
