import type { FileId, SessionId } from '../ids.ts'
import { keysOf } from './line-taints.ts'

/** Where it came from, that is trusted no more or has to go. */
export type IncidentSource =
  | { readonly type: 'sessions'; readonly ids: readonly SessionId[] }
  | { readonly type: 'principal'; readonly name: string }
  /** What this tool answered, in every session. */
  | { readonly type: 'tool'; readonly name: string }
  /** Every session that this file was mounted into. */
  | { readonly type: 'file'; readonly id: FileId }

/** A change, as far as lines go from one to the next. */
export interface LineStep {
  readonly id: string
  readonly path: string
  /** Lines that it takes up or away. */
  readonly reads: readonly string[]
  /** Lines that it leaves. */
  readonly writes: readonly string[]
  /** The text that stood there, for a change that put another in its place; else null. */
  readonly restores: string | null
}

export interface LineClosure {
  readonly steps: ReadonlySet<string>
  /** By path: every line that descends from the source, and what stood in its place before. */
  readonly cuts: ReadonlyMap<string, ReadonlyMap<string, string | null>>
}

/** Everything that descends from the seeds: a change that takes up a line that has to go has to go as well. */
export function closeLines(seeds: readonly LineStep[], all: readonly LineStep[]): LineClosure {
  const readers = new Map<string, LineStep[]>()
  for (const step of all) {
    for (const line of step.reads) {
      const name = `${step.path}\0${line}`
      const known = readers.get(name)
      if (known) known.push(step)
      else readers.set(name, [step])
    }
  }
  const steps = new Set<string>()
  const cuts = new Map<string, Map<string, string | null>>()
  const waiting = [...seeds]
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    if (steps.has(step.id)) continue
    steps.add(step.id)
    const own = cuts.get(step.path) ?? new Map<string, string | null>()
    cuts.set(step.path, own)
    for (const line of step.writes) {
      if (!own.has(line)) own.set(line, step.restores)
      for (const reader of readers.get(`${step.path}\0${line}`) ?? []) {
        // What merely removes such a line does what has to be done.
        if (reader.writes.length > 0) waiting.push(reader)
      }
    }
  }
  return { steps, cuts }
}

export interface CutContent {
  readonly content: string
  readonly lines: number
}

/** A text without the lines that have to go; where one had taken another's place, that one is back. */
export function cutLines(content: string, cuts: ReadonlyMap<string, string | null>): CutContent {
  let lines = 0
  const seen = new Set<string>()
  const kept = content.split('\n').flatMap((line) => {
    const [key] = keysOf(line)
    const before = key === undefined ? undefined : cuts.get(key)
    if (before === undefined || key === undefined) return [line]
    lines += 1
    const again = seen.has(key)
    seen.add(key)
    return before === null || again ? [] : [before]
  })
  return { content: kept.join('\n'), lines }
}
