import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readAirlineMemory, sharedData } from '../../test/_airline.ts'
import { listSource } from '../_sources.ts'

/** A store that people or agents wrote in earnest, and where the sessions that are dreamt over come from. */
export interface RealStore {
  readonly name: string
  readonly sessions: 'service' | 'coding'
  /** `slice`: each dream reads sessions that no other read; `fifth`: a fifth, by turns; `all`: everything up to then. */
  readonly reads: 'slice' | 'fifth' | 'all'
  readonly documents: readonly { readonly path: string; readonly content: string }[]
}

/** Larger transcripts of entire-cli would make the bench run for hours; 100 of 146 are smaller. */
const largestTranscript = 400_000

export const listPools = (): Readonly<Record<RealStore['sessions'], readonly string[]>> => ({
  service: [...listSource('airline'), ...listSource('tau-bench'), ...listSource('tau2')],
  coding: [
    ...listSource('intercode'),
    ...listSource('entire-cli').filter((path) => statSync(path).size <= largestTranscript),
  ],
})

export function listRealStores(): RealStore[] {
  const airline = readAirlineMemory()
  const stores: RealStore[] = [
    { name: 'airline', sessions: 'service', reads: 'slice', documents: airline },
    {
      name: 'airline, every session so far',
      sessions: 'service',
      reads: 'all',
      documents: airline,
    },
  ]
  const histories = join(sharedData, 'memory-histories')
  if (!existsSync(histories)) return stores
  for (const file of readdirSync(histories)
    .filter((name) => name.endsWith('.gz'))
    .toSorted()) {
    const name = file.replace(/\.jsonl\.gz$/, '').replace('__', '/')
    const lines = readLines(join(histories, file))
    for (const [when, share] of moments) {
      const upTo = lines.slice(0, Math.max(1, Math.round(lines.length * share)))
      const documents = readNewest(upTo)
      stores.push({ name: `${name}, ${when}`, sessions: 'coding', reads: 'slice', documents })
    }
  }
  const claude = join(sharedData, 'entire-cli/claude-md-history.jsonl')
  stores.push(
    {
      name: 'entire-cli CLAUDE.md',
      sessions: 'coding',
      reads: 'fifth',
      documents: readNewest(parseLines(readFileSync(claude, 'utf8'))),
    },
    {
      name: 'reflexion, alfworld',
      sessions: 'coding',
      reads: 'fifth',
      documents: readReflections(
        readLines(join(sharedData, 'reflexion/alfworld_runs__reflexion_run_logs.jsonl.gz')),
      ),
    },
  )
  return stores
}

interface Line {
  readonly path?: string
  readonly content?: string
  readonly changes?: readonly { op: string; path: string; from_?: string; content?: string }[]
  readonly name?: string
  readonly memory?: readonly string[]
}

/** People tidy up: what a store holds in the middle of its life is often more and worse than at its end. */
const moments = [
  ['half way', 0.5],
  ['now', 1],
] as const

const parseLines = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

const readLines = (path: string) => parseLines(gunzipSync(readFileSync(path)).toString('utf8'))

/** The store as its last commit leaves it; what a memory cannot hold is cut to what it can. */
function readNewest(lines: readonly Line[]): RealStore['documents'] {
  const store = new Map<string, string>()
  for (const line of lines) {
    if (line.path !== undefined) store.set(line.path, line.content ?? '')
    for (const change of line.changes ?? []) {
      if (change.from_ !== undefined) store.delete(change.from_)
      if (/delete|remove/.test(change.op)) store.delete(change.path)
      else if (change.content !== undefined) store.set(change.path, change.content)
    }
  }
  return [...store]
    .filter(([path, content]) => /\.mdx?$/i.test(path) && content.trim() !== '')
    .map(([path, content]) => ({ path: `/${path}`, content: content.slice(0, 30_000) }))
}

/** What an agent noted of its own failures, a file for each task: nobody ever tidied it up. */
function readReflections(lines: readonly Line[]): RealStore['documents'] {
  const newest = new Map<string, readonly string[]>()
  for (const { name = '', memory = [] } of lines) if (memory.length > 0) newest.set(name, memory)
  return [...newest].map(([name, memory]) => ({
    path: `/alfworld/${name}.md`,
    content: `# ${name}\n\n${memory.map((one) => `- ${one.replace(/\s+/g, ' ').trim()}`).join('\n')}\n`,
  }))
}
