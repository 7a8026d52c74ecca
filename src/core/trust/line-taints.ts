import type { MemoryDocument } from '../memory.ts'
import { taintAfter } from './combine.ts'
import { readForeign } from './foreign-text.ts'
import { isBelow, lowestTaint, type Taint } from './taint.ts'

/** One version of a memory, as far as its lines' taints follow from it; in the order in which they were written. */
export interface WrittenVersion {
  readonly path: string
  /** Null: deleted, or redacted. */
  readonly content: string | null
  readonly writer: Taint
  /** What is known of single texts in it: a dream's changes, an import's own labels. */
  readonly known: readonly TaintedText[]
  /** Lines that were taken over unchanged, as they stood where they came from; null when nothing was. */
  readonly takenFrom: LineTaints | null
}

export interface TaintedText {
  readonly text: string
  readonly taint: Taint
}

/** Of each memory by path: its lines (`keysOf`) and their taints. Plain data, so that it can go to a thread. */
export type LineTaintTable = ReadonlyMap<string, ReadonlyMap<string, Taint>>

/** Of all lines of a text in the memory at `path`; a line that does not stand there is untrusted. */
export function taintOfText(table: LineTaintTable, path: string, text: string): Taint {
  const lines = table.get(path)
  return lowestTaint(keysOf(text).map((key) => lines?.get(key) ?? 'untrusted'))
}

/** Texts that all come from one kind of writer. */
export function taintAll(documents: readonly MemoryDocument[], taint: Taint): LineTaintTable {
  return new Map(
    documents.map(({ path, content }) => [
      path,
      new Map(keysOf(content).map((key) => [key, taint] as const)),
    ]),
  )
}

/** A line that keeps this share of its words is an edit of the old one, whoever wrote it. */
const editedFrom = 0.5
/** Against versions with tens of thousands of lines: beyond, removed lines lend their taint to every new one. */
const maxCompared = 200

/**
 * The taint of every line of a memory store, followed through its versions. A line keeps its taint where it
 * stands. One that comes in anew has its writer's, but never more than the same words had anywhere in this
 * store before, and never more than the line that it is an edit of.
 */
export class LineTaints {
  readonly #heads = new Map<string, Map<string, Taint>>()
  /** The lowest that a line ever had, anywhere in the store. */
  readonly #lowest = new Map<string, Taint>()

  of(path: string, text: string): Taint {
    return taintOfText(this.#heads, path, text)
  }

  get table(): LineTaintTable {
    return this.#heads
  }

  write({ path, content, writer, known, takenFrom }: WrittenVersion): void {
    const before = this.#heads.get(path) ?? new Map<string, Taint>()
    const now = new Map<string, Taint>()
    const keys = content === null ? [] : keysOf(content)
    const removed = [...before].filter(([key]) => !keys.includes(key))
    const labels = known.map(({ text, taint }) => ({ keys: new Set(keysOf(text)), taint }))
    for (const key of new Set(keys)) {
      const kept = before.get(key)
      const own = labels.filter((label) => label.keys.has(key)).map(({ taint }) => taint)
      const taken = takenFrom?.findLine(path, key) ?? null
      const from = own.length > 0 ? lowestTaint(own) : (taken ?? writer)
      const bases = [this.#lowest.get(key) ?? [], editedFromLine(key, removed) ?? []].flat()
      const taint = kept ?? taintAfter('edit', { writer: from, bases, evidence: [] })
      now.set(key, taint)
      this.#lowest.set(key, lowestTaint([taint, this.#lowest.get(key) ?? taint]))
    }
    this.#heads.set(path, now)
  }

  /** A named person's word that a line may be trusted; the only way up, and its caller records it. */
  raise(path: string, text: string, taint: Taint): void {
    for (const key of keysOf(text)) {
      const now = this.findLine(path, key)
      if (now === null || !isBelow(now, taint)) continue
      this.#heads.get(path)?.set(key, taint)
      this.#lowest.set(key, taint)
    }
  }

  findLine(path: string, key: string): Taint | null {
    return this.#heads.get(path)?.get(key) ?? null
  }
}

/** Taint of the removed line that `key` is most of, or null. */
function editedFromLine(key: string, removed: readonly (readonly [string, Taint])[]): Taint | null {
  if (removed.length === 0) return null
  if (removed.length > maxCompared) return lowestTaint(removed.map(([, taint]) => taint))
  const words = wordsOf(key)
  const bases = removed.flatMap(([old, taint]) => {
    const others = wordsOf(old)
    const shared = words.intersection(others).size
    return shared >= editedFrom * Math.min(words.size, others.size) && shared > 0 ? [taint] : []
  })
  return bases.length === 0 ? null : lowestTaint(bases)
}

const wordsOf = (key: string) => new Set(key.match(/[\p{L}\p{N}]+/gu) ?? [])

const isPlain = /^[\t\r\x20-\x7e]*$/

/** Lines as readers see them: without list marks, case and what cannot be seen. */
export function keysOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    // Most lines hide nothing, and reading them for it takes ten times as long.
    const key = (isPlain.test(line) ? line : readForeign(line).text)
      .toLowerCase()
      .replace(/^[\s>*+#-]*(?:\d{1,3}[.)]\s)?/, '')
      .replace(/\s+/g, ' ')
      .trim()
    return key === '' ? [] : [key]
  })
}
