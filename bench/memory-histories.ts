import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { applyChanges } from '../src/core/change/apply.ts'
import type { Item } from '../src/core/items/item.ts'
import { parseItems } from '../src/core/items/items.ts'
import { reconcile } from '../src/core/items/reconcile.ts'
import { normaliseText } from '../src/core/items/words.ts'
import type { MemoryDocument } from '../src/core/memory.ts'
import { propose } from '../src/core/propose/propose.ts'
import { taintAll } from '../src/core/trust/line-taints.ts'
import { hash, sharedData } from '../test/_airline.ts'
import { keepResults, type Row } from './_results.ts'
import { wilson } from './_statistics.ts'

type Store = ReadonlyMap<string, string>

interface History {
  readonly name: string
  /** The whole memory after every commit, oldest first. */
  readonly versions: readonly Store[]
}

const steps = [1, 3, 10]
const dreams = 20

/** Proposals on version t of real memories against what their people did until t + k. */
export function benchMemoryHistories(): void {
  const folder = join(sharedData, 'memory-histories')
  if (!existsSync(folder)) {
    console.log('memory-histories: the real histories are not here, left out')
    return
  }
  const histories = readdirSync(folder)
    .filter((name) => name.endsWith('.gz'))
    .toSorted()
    .map((name) => readHistory(join(folder, name), name.replace(/\.jsonl\.gz$/, '')))
  const rows: Row[] = []
  for (const history of histories) rows.push(...measureHistory(history))
  rows.push(...measureSurvival(histories))
  keepResults('memory-histories', rows)
}

interface Line {
  readonly path?: string
  readonly content?: string
  readonly changes?: readonly { op: string; path: string; from_?: string; content?: string }[]
}

function readHistory(path: string, name: string): History {
  const lines = gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line))
  let store = new Map<string, string>()
  const versions = lines.map((line) => {
    store = new Map(store)
    if (line.path !== undefined) store.set(line.path, line.content ?? '')
    for (const change of line.changes ?? []) {
      if (change.from_ !== undefined) store.delete(change.from_)
      if (/delete|remove/.test(change.op)) store.delete(change.path)
      else if (change.content !== undefined) store.set(change.path, change.content)
    }
    return store
  })
  return { name, versions }
}

const toDocuments = (store: Store): MemoryDocument[] =>
  [...store]
    .filter(([path]) => /\.mdx?$/i.test(path))
    .map(([path, content]) => ({ path: `/${path}`, content, contentSha256: hash(content) }))

const itemsOf = (documents: readonly MemoryDocument[]): Item[] =>
  documents.flatMap((document) => parseItems(document, hash))

const isText = ({ kind, text }: Item) =>
  (kind === 'bullet' || kind === 'paragraph') && normaliseText(text).split(' ').length >= 4

/** How often a text stands in a store: a human who cut one of two copies lowers it. */
function countTexts(documents: readonly MemoryDocument[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { text } of itemsOf(documents)) {
    const key = normaliseText(text)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function measureHistory({ name, versions }: History): Row[] {
  // A long history is looked at every few commits: proposals change little from one to the next.
  const stride = Math.max(1, Math.ceil(versions.length / 40))
  const looked = versions.map((_, at) => at).filter((at) => at % stride === 0)
  const proposed = new Map<string, { text: string; other: string; at: number; kind: string }>()
  const doubled = new Map<string, number>()
  for (const at of looked) {
    const documents = toDocuments(versions[at] as Store)
    const { duplicates, supersessions } = reconcile(documents, hash)
    const note = (kind: string, gone: Item, kept: Item) => {
      const key = `${kind}\0${normaliseText(gone.text)}\0${normaliseText(kept.text)}`
      if (!proposed.has(key)) proposed.set(key, { text: gone.text, other: kept.text, at, kind })
    }
    for (const { survivor, others } of duplicates)
      for (const { item } of others) note('duplicate', item, survivor)
    for (const { older, newer } of supersessions) note('supersession', older, newer)
    for (const [text, count] of countTexts(documents)) {
      if (count > 1 && text.split(' ').length >= 4 && !doubled.has(text)) doubled.set(text, at)
    }
  }
  const counts = versions.map((store) => countTexts(toDocuments(store)))
  const all = [...proposed.values()]
  const rows: Row[] = [
    {
      metric: `${name}: removals proposed (duplicates, supersessions)`,
      value: `${all.filter(({ kind }) => kind === 'duplicate').length}, ${all.filter(({ kind }) => kind === 'supersession').length}`,
      n: looked.length,
      goal: null,
      reached: null,
      note: `${versions.length} versions, every ${stride}. looked at`,
    },
  ]
  for (const k of steps) {
    const judged = all.filter(({ at }) => at + k < versions.length)
    const done = judged.filter(({ text, at }) => {
      const key = normaliseText(text)
      return (counts[at + k]?.get(key) ?? 0) < (counts[at]?.get(key) ?? 0)
    })
    rows.push({
      metric: `${name}: share of them that people did within ${k} commits`,
      value: judged.length === 0 ? 'none to judge' : done.length / judged.length,
      ...(judged.length === 0 ? {} : wilson(done.length, judged.length)),
      n: judged.length,
      goal: null,
      reached: null,
    })
  }
  // Copies that people themselves cut down later, and whether they had been proposed by then.
  const cut = [...doubled].filter(([text, at]) => {
    const before = counts[at]?.get(text) ?? 0
    const later = counts.slice(at + 1).map((count) => count.get(text) ?? 0)
    return later.some((count) => count > 0 && count < before)
  })
  const foreseen = cut.filter(([text]) => all.some((one) => normaliseText(one.text) === text))
  rows.push({
    metric: `${name}: repeated lines that people cut themselves, foreseen`,
    value: cut.length === 0 ? 'people cut none' : foreseen.length / cut.length,
    ...(cut.length === 0 ? {} : wilson(foreseen.length, cut.length)),
    n: cut.length,
    goal: null,
    reached: null,
  })
  if (process.env.HISTORIES_SHOW) {
    for (const one of all.slice(0, 40))
      console.log(one.kind, '\n  -', one.text.slice(0, 220), '\n  +', one.other.slice(0, 220))
  }
  return rows
}

/** Lines that stand in version t and still in the last one are true all along: they must not get lost. */
function measureSurvival(histories: readonly History[]): Row[] {
  let [alive, all, proposals] = [0, 0, 0]
  for (const { versions } of histories) {
    const stride = Math.max(1, Math.floor(versions.length / dreams))
    const last = countTexts(toDocuments(versions.at(-1) as Store))
    for (let at = 0; at < versions.length; at += stride * 5) {
      let documents: readonly MemoryDocument[] = toDocuments(versions[at] as Store)
      const lasting = itemsOf(documents).filter(
        (item) => isText(item) && last.has(normaliseText(item.text)),
      )
      for (let round = 0; round < dreams; round += 1) {
        const { changes } = propose({
          findings: [],
          documents,
          reconciliation: reconcile(documents, hash),
          hash,
          trust: { taints: taintAll(documents, 'operator'), sign: hash },
        })
        proposals += changes.length
        if (changes.length === 0) break
        documents = applyChanges(documents, changes, hash).documents
      }
      const left = countTexts(documents)
      for (const text of new Set(lasting.map((item) => normaliseText(item.text)))) {
        all += 1
        if (left.has(text)) alive += 1
        else if (process.env.HISTORIES_SHOW) console.log('LOST', text)
      }
    }
  }
  return [
    {
      metric: `lines still true in the last version that survive up to ${dreams} dreams`,
      value: alive / all,
      ...wilson(alive, all),
      n: all,
      goal: '≥ 0.999',
      reached: alive / all >= 0.999,
      note: `${proposals} proposals taken; a dream that proposes nothing ends a run early`,
    },
  ]
}
