import { readFileSync } from 'node:fs'
import { applyChanges } from '../src/core/change/apply.ts'
import { extractFacts } from '../src/core/items/facts.ts'
import { reconcile } from '../src/core/items/reconcile.ts'
import type { MemoryDocument } from '../src/core/memory.ts'
import { propose } from '../src/core/propose/propose.ts'
import { makeSearch } from '../src/core/search/bm25.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { taintAll } from '../src/core/trust/line-taints.ts'
import { hash } from '../test/_airline.ts'
import { keepResults, type Row } from './_results.ts'
import { mean, shuffle } from './_statistics.ts'

/** One turn of a dialogue as a line of a memory. */
interface Line {
  readonly text: string
  readonly session: number
  /** Turns that went into it, by the names that questions cite. */
  readonly sources: readonly string[]
}

interface Dialogue {
  readonly lines: readonly Line[]
  readonly questions: readonly { readonly text: string; readonly gold: readonly string[] }[]
}

type Store = readonly Line[]

const depths = [5, 10] as const
const sizes = [0.5, 0.3, 0.15]
const randomSeeds = [1, 2, 3, 4, 5]
const howToGet =
  'locomo: skipped, LOCOMO_FILE is not set. Take data/locomo10.json of https://github.com/snap-research/LoCoMo (CC BY-NC 4.0: look, do not pass on) and set LOCOMO_FILE to its path.'

/**
 * How much of the evidence for questions a store still holds after dreams, and after cruder ways of making it
 * smaller (spec E.3). Nothing in the engine makes a store smaller than what says the same or is out of date.
 */
export function benchLocomo(): void {
  const file = process.env.LOCOMO_FILE
  if (!file) {
    console.log(howToGet)
    return
  }
  const dialogues = readDialogues(file)
  const raw = measureRecall(dialogues, ({ lines }) => lines)
  const own = dialogues.map(({ lines }) => dreamUntilSettled(lines))
  const dreamt = measureRecall(dialogues, (_, at) => own[at] ?? [])
  const size = dreamt.size
  keepResults('locomo', [
    ...describe('raw', raw, raw),
    ...describe('Lucidream at its own size', dreamt, raw),
    ...describe(
      'duplicates only (same words)',
      measureRecall(dialogues, ({ lines }) => dropTwins(lines)),
      raw,
    ),
    ...[...(size < 1 ? [size] : []), ...sizes].flatMap((share) => [
      ...describe(
        `newest first, cut at ${percent(share)}`,
        measureRecall(dialogues, ({ lines }) => keepNewest(lines, share)),
        raw,
      ),
      ...describe(
        `random drop to ${percent(share)}`,
        averageRecall(
          randomSeeds.map((seed) =>
            measureRecall(dialogues, ({ lines }, at) => keepRandom(lines, share, seed * 100 + at)),
          ),
        ),
        raw,
      ),
    ]),
    ...sizes.map(notReached),
  ])
}

interface Recall {
  /** Characters left of all. */
  readonly size: number
  /** Share of the gold turns found, a question, at each depth; in the same order of questions for all. */
  readonly found: readonly (readonly number[])[]
}

function measureRecall(
  dialogues: readonly Dialogue[],
  keep: (dialogue: Dialogue, at: number) => Store,
): Recall {
  const found: number[][] = depths.map(() => [])
  let [before, after] = [0, 0]
  for (const [at, dialogue] of dialogues.entries()) {
    const store = keep(dialogue, at)
    before += countCharacters(dialogue.lines)
    after += countCharacters(store)
    const search = makeSearch(store.map(({ text }) => text))
    const turns = new Map(dialogue.lines.flatMap((line) => line.sources.map((id) => [id, line])))
    for (const { text, gold } of dialogue.questions) {
      const ranked = search(text, Math.max(...depths)).map((place) => store[place] as Line)
      for (const [index, depth] of depths.entries()) {
        const top = ranked.slice(0, depth)
        const hits = gold.filter((id) => top.some((line) => holds(line, id, turns)))
        found[index]?.push(hits.length / gold.length)
      }
    }
  }
  return { size: after / before, found }
}

/** A line stands for a turn when the turn is among its sources and four in five of its facts are in the line. */
function holds(line: Line, id: string, turns: ReadonlyMap<string, Line>): boolean {
  if (!line.sources.includes(id)) return false
  const [kept, wanted] = [factsOf(line.text), factsOf(turns.get(id)?.text ?? '')]
  return wanted.filter((fact) => kept.includes(fact)).length >= 0.8 * wanted.length
}

function factsOf(text: string): string[] {
  const { numbers, names } = extractFacts(text)
  return [...numbers, ...names]
}

const averageRecall = (runs: readonly Recall[]): Recall => ({
  size: mean(runs.map(({ size }) => size)),
  found: depths.map((_, depth) =>
    (runs[0]?.found[depth] ?? []).map((__, question) =>
      mean(runs.map(({ found }) => found[depth]?.[question] ?? 0)),
    ),
  ),
})

function describe(name: string, recall: Recall, raw: Recall): Row[] {
  return depths.map((depth, index) => {
    const [own, reference] = [recall.found[index] ?? [], raw.found[index] ?? []]
    const value = mean(own) / mean(reference)
    const isRaw = name === 'raw'
    return {
      metric: isRaw ? `raw: recall@${depth}` : `${name}: recall@${depth} / raw`,
      value: isRaw ? mean(own) : value,
      ...(isRaw
        ? bootstrapRatio(
            own,
            own.map(() => 1),
          )
        : bootstrapRatio(own, reference)),
      n: own.length,
      goal: null,
      reached: null,
      note: `${percent(recall.size)} of the characters; recall ${mean(own).toFixed(3)}`,
    }
  })
}

/** 95 % of the ratio of two means over the same questions, by 2 000 resamples of questions. */
function bootstrapRatio(above: readonly number[], below: readonly number[]) {
  const random = seededRandom(95)
  const ratios = Array.from({ length: 2_000 }, () => {
    let [a, b] = [0, 0]
    for (let i = 0; i < above.length; i += 1) {
      const at = Math.floor(random() * above.length)
      a += above[at] ?? 0
      b += below[at] ?? 0
    }
    return a / b
  }).toSorted((x, y) => x - y)
  return { low: ratios[50] ?? Number.NaN, high: ratios[1_949] ?? Number.NaN }
}

const notReached = (share: number): Row => ({
  metric: `Lucidream at ${percent(share)}`,
  value: 'does not get that small',
  goal: share === 0.5 ? '≥ 0.98 of raw' : share === 0.3 ? '≥ 0.95 of raw' : null,
  reached: share === 0.15 ? null : false,
  note: 'no mechanism of the engine drops what is neither said twice nor replaced; a dream takes at most a fifth',
})

const percent = (share: number) => `${(100 * share).toFixed(share > 0.9 ? 1 : 0)} %`
const countCharacters = (lines: Store) => lines.reduce((sum, { text }) => sum + text.length + 1, 0)

/** Dreams that take every proposal, until one proposes nothing. */
function dreamUntilSettled(lines: Store): Store {
  let documents = toDocuments(lines)
  const into = new Map<string, string>()
  for (let round = 0; round < 10; round += 1) {
    const reconciliation = reconcile(documents, hash)
    const { changes } = propose({
      findings: [],
      documents,
      reconciliation,
      hash,
      trust: { taints: taintAll(documents, 'operator'), sign: hash },
    })
    const applied = applyChanges(documents, changes, hash)
    const refused = new Set(applied.refused.map(({ change }) => change.key))
    for (const { key, before, after } of changes)
      if (before !== null && after !== null && !refused.has(key))
        into.set(plain(before), plain(after))
    if (changes.length === refused.size) break
    documents = [...applied.documents]
  }
  return toLines(documents, traceSources(lines, into))
}

/** Which turns stand behind each text, merged ones behind the text that stayed. */
function traceSources(lines: Store, into: ReadonlyMap<string, string>) {
  const sources = new Map<string, string[]>()
  for (const { text, sources: own } of lines) {
    let at = text
    for (let hops = 0; hops < 10 && into.has(at); hops += 1) at = into.get(at) ?? at
    sources.set(at, [...(sources.get(at) ?? []), ...own])
  }
  return sources
}

const plain = (text: string) => text.replace(/^- /, '').trim()

const toDocuments = (lines: Store): MemoryDocument[] =>
  [...Map.groupBy(lines, ({ session }) => session)].map(([session, own]) => {
    const content = `# Session ${session}\n\n${own.map(({ text }) => `- ${text}\n`).join('')}`
    const path = `/session-${String(session).padStart(2, '0')}.md`
    return { path, content, contentSha256: hash(content) }
  })

/** Lines of all documents, those that a dream wrote itself (its index) among them without a source. */
const toLines = (documents: readonly MemoryDocument[], sources: ReadonlyMap<string, string[]>) =>
  documents.flatMap(({ path, content }) =>
    content
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .map((line): Line => {
        const text = plain(line)
        const session = Number(/\d+/.exec(path)?.[0] ?? 0)
        return { text, session, sources: sources.get(text) ?? [] }
      }),
  )

/** Of lines with the same words (case and punctuation aside) the newest stays, with the sources of all. */
function dropTwins(lines: Store): Store {
  const key = ({ text }: Line) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')
  return [...Map.groupBy(lines, key).values()].map((group) => ({
    ...(group.at(-1) as Line),
    sources: group.flatMap(({ sources }) => sources),
  }))
}

function keepNewest(lines: Store, share: number): Store {
  return fill(lines.toReversed(), countCharacters(lines) * share).toReversed()
}

const keepRandom = (lines: Store, share: number, seed: number): Store =>
  fill(shuffle(lines, seededRandom(seed)), countCharacters(lines) * share)

function fill(lines: Store, room: number): Store {
  let used = 0
  return lines.filter(({ text }) => {
    used += text.length + 1
    return used <= room
  })
}

/** Parsed at the edge: only what is used. Category 5 asks what nobody said, so it has no evidence to find. */
function readDialogues(file: string): Dialogue[] {
  interface Turn {
    readonly speaker: string
    readonly dia_id: string
    readonly text: string
    readonly blip_caption?: string
  }
  interface Sample {
    readonly conversation: Readonly<Record<string, string | readonly Turn[]>>
    readonly qa: readonly { question: string; evidence?: readonly string[]; category: number }[]
  }
  const samples: Sample[] = JSON.parse(readFileSync(file, 'utf8'))
  return samples.map(({ conversation, qa }) => {
    const lines = Object.entries(conversation).flatMap(([name, turns]) => {
      if (typeof turns === 'string') return []
      const day = String(conversation[`${name}_date_time`] ?? '').replace(/^.* on /, '')
      return turns.map(({ speaker, dia_id: id, text, blip_caption: photo }): Line => {
        const shown = photo === undefined ? '' : ` (shares a photo: ${photo})`
        const line = `${speaker} (${day}): ${text}${shown}`.replace(/\s+/g, ' ').trim()
        return { text: line, session: Number(name.split('_')[1]), sources: [id] }
      })
    })
    const known = new Set(lines.flatMap(({ sources }) => sources))
    const questions = qa
      .filter(({ category }) => category !== 5)
      .map(({ question, evidence }) => ({
        text: question,
        gold: [...new Set((evidence ?? []).join(' ').match(/D\d+:\d+/g))].filter((id) =>
          known.has(id),
        ),
      }))
      .filter(({ gold }) => gold.length > 0)
    return { lines: lines.toSorted((a, b) => a.session - b.session), questions }
  })
}
