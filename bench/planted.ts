import { applyChanges } from '../src/core/change/apply.ts'
import type { Item } from '../src/core/items/item.ts'
import { parseItems } from '../src/core/items/items.ts'
import { type Reconciliation, reconcile } from '../src/core/items/reconcile.ts'
import type { MemoryDocument } from '../src/core/memory.ts'
import { propose } from '../src/core/propose/propose.ts'
import { makeSearch } from '../src/core/search/bm25.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { taintAll } from '../src/core/trust/line-taints.ts'
import { hash } from '../test/_airline.ts'
import { type PlantedLine, type PlantedStore, plantStore, type Split } from './_planted-store.ts'
import { keepResults, type Row } from './_results.ts'
import { shuffle, wilson } from './_statistics.ts'

const seeds = Array.from({ length: 20 }, (_, index) => index + 1)

/** Rows of spec E.1 on stores whose truth is known; tune and test wordings have none in common. */
export async function benchPlanted(): Promise<void> {
  const only = process.env.PLANTED_SPLIT
  const splits: Split[] = only === 'tune' || only === 'test' ? [only] : ['tune', 'test']
  const rows = splits.flatMap((split) => [...measurePairs(split), ...measureDreams(split)])
  keepResults('planted', rows)
}

class Tally {
  readonly #counts = new Map<string, number>()
  add(name: string, count = 1): void {
    this.#counts.set(name, this.of(name) + count)
  }
  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }
}

function measurePairs(split: Split): Row[] {
  const tally = new Tally()
  for (const seed of seeds) scorePairs(plantStore(seed, split), tally)
  const share = (
    metric: string,
    [k, n]: readonly [string, string],
    [goal, reached]: readonly [string, (value: number) => boolean],
  ): Row => {
    const [hits, all] = [tally.of(k), tally.of(n)]
    return {
      metric: `${split}: ${metric}`,
      value: hits / all,
      ...wilson(hits, all),
      n: all,
      goal,
      reached: reached(hits / all),
    }
  }
  const atLeast = (x: number) => [`≥ ${x}`, (value: number) => value >= x] as const
  const atMost = (x: number) => [`≤ ${x}`, (value: number) => value <= x] as const
  return [
    share('merge precision', ['merged right', 'merged'], atLeast(0.995)),
    share('merge recall', ['planted found', 'planted duplicates'], atLeast(0.9)),
    share('hard negatives merged', ['hard merged', 'hard pairs'], atMost(0.001)),
    share('supersession precision', ['superseded right', 'superseded'], atLeast(0.98)),
    share('supersession recall, semi-structured', ['semi found', 'semi'], atLeast(0.85)),
    share('supersession recall, prose', ['prose found', 'prose'], atLeast(0.6)),
    share('wrong direction', ['wrong direction', 'changes'], atMost(0.001)),
    share('conflicts flagged, not resolved', ['conflicts honest', 'conflicts'], atLeast(0.98)),
    share('conflicts flagged (seen at all)', ['conflicts flagged', 'conflicts'], atLeast(0.98)),
  ]
}

/** Lines are found again by place: path and text. */
function index(store: PlantedStore): Map<string, PlantedLine> {
  return new Map(store.lines.map((line) => [`${line.path}\0${line.text}`, line]))
}

const lineOf = (lines: ReadonlyMap<string, PlantedLine>, item: Item) =>
  lines.get(`${item.path}\0${item.text.replace(/^- /, '')}`)

function scorePairs(store: PlantedStore, tally: Tally): void {
  const lines = index(store)
  const found = reconcile(store.documents, hash)
  const merged = new Map<string, string>()
  for (const { survivor, others } of found.duplicates) {
    for (const { item } of others) {
      const [a, b] = [lineOf(lines, survivor), lineOf(lines, item)]
      if (!a || !b) continue
      tally.add('merged')
      const noiseTwins = a.text === b.text
      if (noiseTwins || (a.fact === b.fact && a.role === 'duplicate')) tally.add('merged right')
      else if (process.env.PLANTED_SHOW) console.log('WRONG MERGE', a.text, '|', b.text)
      merged.set(b.text, a.text)
      merged.set(a.text, b.text)
    }
  }
  const superseded = new Map<number, 'right' | 'wrong'>()
  for (const { older, newer } of found.supersessions) {
    const [a, b] = [lineOf(lines, older), lineOf(lines, newer)]
    if (!a || !b) continue
    tally.add('superseded')
    const right = a.fact === b.fact && a.role === 'old' && b.role === 'new'
    if (right) tally.add('superseded right')
    else if (process.env.PLANTED_SHOW) console.log('WRONG SUPERSESSION', a.text, '|', b.text)
    if (a.fact === b.fact) superseded.set(a.fact, right ? 'right' : 'wrong')
  }
  const flagged = new Set(
    found.conflicts.flatMap(({ first, second }) => {
      const [a, b] = [lineOf(lines, first), lineOf(lines, second)]
      return a && b && a.fact === b.fact ? [a.fact] : []
    }),
  )
  for (const [fact, group] of Map.groupBy(store.lines, (line) => line.fact)) {
    scoreFact(tally, { fact, group, merged, superseded, flagged })
  }
  scoreHard(store, merged, tally)
}

function scoreFact(
  tally: Tally,
  given: {
    fact: number
    group: readonly PlantedLine[]
    merged: ReadonlyMap<string, string>
    superseded: ReadonlyMap<number, 'right' | 'wrong'>
    flagged: ReadonlySet<number>
  },
): void {
  const { fact, group, merged, superseded, flagged } = given
  const [first, second] = group
  if (!first || !second) return
  if (first.role === 'duplicate') {
    tally.add('planted duplicates')
    if (merged.get(first.text) === second.text || first.text === second.text)
      tally.add('planted found')
    else if (process.env.PLANTED_SHOW) console.log('MISSED DUPLICATE', first.text, '|', second.text)
  } else if (first.role === 'old' && first.form) {
    tally.add('changes')
    tally.add(first.form)
    if (superseded.get(fact) === 'right') tally.add(`${first.form} found`)
    else if (process.env.PLANTED_SHOW)
      console.log('MISSED', first.form, first.text, '|', second.text, flagged.has(fact))
    if (superseded.get(fact) === 'wrong') tally.add('wrong direction')
  } else if (first.role === 'conflict') {
    tally.add('conflicts')
    if (flagged.has(fact)) tally.add('conflicts flagged')
    else if (process.env.PLANTED_SHOW) console.log('MISSED CONFLICT', first.text, '|', second.text)
    if (!superseded.has(fact)) tally.add('conflicts honest')
  }
}

/** Neighbours of a spoilt line stand next to each other in the order of planting. */
function scoreHard(store: PlantedStore, merged: ReadonlyMap<string, string>, tally: Tally): void {
  const hard = store.lines.filter(({ role }) => role === 'hard_negative' || role === 'special_case')
  for (let at = 0; at + 1 < hard.length; at += 2) {
    const [a, b] = [hard[at], hard[at + 1]]
    if (!a || !b || a.text === b.text) continue
    tally.add('hard pairs')
    if (merged.get(a.text) === b.text) tally.add('hard merged')
  }
}

const dreams = 20
const dreamSeeds = seeds.slice(0, 5)

/** What is left after 20 dreams that take every proposal, with notes arriving in between. */
function measureDreams(split: Split): Row[] {
  const tally = new Tally()
  let [before, after] = [0, 0]
  for (const seed of dreamSeeds) {
    const store = plantStore(seed, split, 1_000)
    let documents: readonly MemoryDocument[] = store.documents
    before += countTokens(documents)
    for (let round = 0; round < dreams; round += 1) {
      documents = dreamOnce(documents)
      if (round % 5 === 4) documents = addNotes(documents, seed * 100 + round, split)
    }
    documents = dreamOnce(documents)
    after += countTokens(
      store.documents.map((one) => documents.find(({ path }) => path === one.path) ?? one),
    )
    scoreSurvival(store, documents, tally)
    scoreLaws(store.documents, seed, tally)
  }
  const share = (metric: string, [k, n]: readonly [string, string], goal: number | null): Row => ({
    metric: `${split}: ${metric}`,
    value: tally.of(k) / tally.of(n),
    ...wilson(tally.of(k), tally.of(n)),
    n: tally.of(n),
    goal: goal === null ? null : `≥ ${goal}`,
    reached: goal === null ? null : tally.of(k) / tally.of(n) >= goal,
  })
  const stale = tally.of('stale') / tally.of('changed keys')
  return [
    share(`facts that are still true and survive ${dreams} dreams`, ['alive', 'true facts'], 0.999),
    {
      metric: `${split}: stale answers (top-1 by BM25 gives only the old value)`,
      value: stale,
      ...wilson(tally.of('stale'), tally.of('changed keys')),
      n: tally.of('changed keys'),
      goal: '≤ 0.01',
      reached: stale <= 0.01,
    },
    share(
      'stale answers of which the store does not say that the new line speaks against them',
      ['stale unsaid', 'changed keys'],
      null,
    ),
    { metric: `${split}: tokens after / before`, value: after / before, goal: null, reached: null },
    share('a second dream proposes nothing new', ['idempotent', 'laws'], 1),
    share('two runs give the same bytes', ['deterministic', 'laws'], 1),
    share('Jaccard of proposals under 20 orders of the documents', ['same order', 'orders'], 0.98),
  ]
}

function dreamOnce(documents: readonly MemoryDocument[]): readonly MemoryDocument[] {
  const { changes } = proposeFor(documents)
  return applyChanges(documents, changes, hash).documents
}

function proposeFor(documents: readonly MemoryDocument[], found?: Reconciliation) {
  const reconciliation = found ?? reconcile(documents, hash)
  return propose({
    findings: [],
    documents,
    reconciliation,
    hash,
    trust: { taints: taintAll(documents, 'operator'), sign: hash },
  })
}

function addNotes(documents: readonly MemoryDocument[], seed: number, split: Split) {
  const extra = plantStore(seed, split, 20).documents.map((one) => {
    const content = one.content
    return {
      path: one.path.replace('/notes', `/later-${seed}`),
      content,
      contentSha256: hash(content),
    }
  })
  return [...documents, ...extra]
}

const countTokens = (documents: readonly MemoryDocument[]) =>
  documents.reduce((sum, { content }) => sum + content.length / 4, 0)

function scoreSurvival(
  store: PlantedStore,
  documents: readonly MemoryDocument[],
  tally: Tally,
): void {
  const left = documents
    .flatMap((document) => parseItems(document, hash))
    .map(({ text }) => text.replace(/^- /, ''))
  const kept = new Set(left)
  for (const [, group] of Map.groupBy(store.lines, (line) => line.fact)) {
    const current = group.filter(({ role }) => role !== 'old')
    tally.add('true facts')
    // A conflict is two facts of which nobody knows which is true: both must stay.
    const alive =
      group[0]?.role === 'conflict'
        ? current.every(({ text }) => kept.has(text))
        : current.some(({ text }) => kept.has(text))
    if (alive) tally.add('alive')
    else if (process.env.PLANTED_SHOW)
      console.log(
        'LOST',
        group.map(({ text }) => text),
      )
  }
  const search = makeSearch(left)
  const flagged = new Set(
    reconcile(documents, hash).conflicts.map(({ first, second }) =>
      nameOf(first.text, second.text),
    ),
  )
  for (const [, group] of Map.groupBy(store.lines, (line) => line.fact)) {
    const [old, current] = [
      group.find(({ role }) => role === 'old'),
      group.find(({ role }) => role === 'new'),
    ]
    if (!old || !current) continue
    tally.add('changed keys')
    const [best = -1] = search(askFor(old.text, current.text), 1)
    if (left[best] !== old.text) continue
    tally.add('stale')
    if (!flagged.has(nameOf(old.text, current.text))) tally.add('stale unsaid')
  }
}

const nameOf = (...texts: readonly string[]) =>
  texts
    .map((text) => text.replace(/^- /, ''))
    .toSorted()
    .join('\0')

/** A question in words that both wordings have: one in the old line's own words would find the old line. */
function askFor(old: string, current: string): string {
  const words = new Set(current.toLowerCase().match(/\p{L}+/gu))
  return (old.toLowerCase().match(/\p{L}+/gu) ?? []).filter((word) => words.has(word)).join(' ')
}

function scoreLaws(documents: readonly MemoryDocument[], seed: number, tally: Tally): void {
  tally.add('laws')
  let settled = documents
  for (let round = 0; round < 4; round += 1) settled = dreamOnce(settled)
  if (proposeFor(settled).changes.length === 0) tally.add('idempotent')
  const keysOf = (list: readonly MemoryDocument[]) => proposeFor(list).changes.map(({ key }) => key)
  const first = keysOf(documents)
  const [one, other] = [proposeFor(documents), proposeFor(documents)].map((run) =>
    JSON.stringify(run),
  )
  if (one === other) {
    tally.add('deterministic')
  }
  const random = seededRandom(seed)
  for (let round = 0; round < 20; round += 1) {
    const shuffled = new Set(keysOf(shuffle(documents, random)))
    const own = new Set(first)
    tally.add('orders', own.union(shuffled).size)
    tally.add('same order', own.intersection(shuffled).size)
  }
}
