import type { Span } from '../diff/text-diff.ts'
import { fold } from './fold.ts'
import { maySitInside, type SearchTerm } from './query.ts'
import { shortestCompound, type Token, tokenise, withoutTails } from './tokens.ts'

/** Where a text answers a query. */
export interface Match {
  /** In text order, without overlaps, UTF-16 units of the text. */
  readonly spans: readonly Span[]
  /** Higher is better; comparable within one query. */
  readonly score: number
}

interface Hit extends Span {
  /** 1 for a whole word or phrase, less inside a word. */
  readonly weight: number
}

const insideWeight = 0.3
/** Saturation and length as in BM25, with a note's usual number of words. */
const saturation = 1.2
const lengthShare = 0.75
const usualWords = 200
const mostSpans = 200

/** Null where a term is not there: the index only says where to look. */
export function matchText(terms: readonly SearchTerm[], text: string): Match | null {
  const { folded, offsets } = fold(text)
  const tokens = [...tokenise(folded)]
  const whole = withoutTails(tokens)
  const found = terms.map((term) => findHits(term, term.kind === 'phrase' ? whole : tokens))
  if (found.some((hits) => hits.length === 0)) return null
  const back = (at: number) => offsets?.[at] ?? at
  const spans = found.flat().map(({ start, end }) => ({ start: back(start), end: back(end) }))
  const length = 1 - lengthShare + (lengthShare * tokens.length) / usualWords
  return {
    spans: merge(spans).slice(0, mostSpans),
    score: sum(found.map((hits) => rate(hits, length))),
  }
}

function findHits(term: SearchTerm, tokens: readonly Token[]): Hit[] {
  const hits: Hit[] = []
  for (let at = 0; at < tokens.length && hits.length < mostSpans; at += 1) {
    const hit = term.kind === 'phrase' ? readPhrase(term, tokens, at) : readWord(term, tokens[at])
    if (hit) hits.push(hit)
  }
  return hits
}

function readWord(
  { kind, tokens: [wanted = ''] }: SearchTerm,
  token: Token | undefined,
): Hit | null {
  if (!token) return null
  const at = token.text.indexOf(wanted)
  if (at < 0) return null
  const whole = token.text === wanted
  const inside = maySitInside(wanted) && token.text.length >= shortestCompound
  if (kind === 'prefix' ? at !== 0 : !whole && !inside) return null
  const start = token.start + at
  return {
    start,
    end: start + wanted.length,
    weight: whole || kind === 'prefix' ? 1 : insideWeight,
  }
}

/** The last word may go on: who types a phrase has not always ended it. */
function readPhrase(
  { tokens: wanted }: SearchTerm,
  tokens: readonly Token[],
  at: number,
): Hit | null {
  const last = wanted.length - 1
  for (const [index, word] of wanted.entries()) {
    const text = tokens[at + index]?.text
    const fits = index === last ? text?.startsWith(word) : text === word
    if (!fits) return null
  }
  const [first, final] = [tokens[at], tokens[at + last]]
  if (!first || !final) return null
  return { start: first.start, end: final.start + (wanted[last] ?? '').length, weight: 1 }
}

function rate(hits: readonly Hit[], length: number): number {
  const count = sum(hits.map(({ weight }) => weight))
  return (count * (saturation + 1)) / (count + saturation * length)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = merged.at(-1)
    if (last && span.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) }
    } else merged.push(span)
  }
  return merged
}
