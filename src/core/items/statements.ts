import { contentStems } from './content.ts'
import { extractFacts } from './facts.ts'
import type { Item } from './item.ts'
import { splitSentences } from './sentences.ts'
import { readValidity, type Validity } from './times.ts'

/** One sentence of an item as something said of something: comparable when the keys are equal. */
export interface Statement {
  readonly item: Item
  readonly text: string
  /** The only sentence of its item: only such an item can be retired for what it says. */
  readonly alone: boolean
  /** What it is about: stems without values, times and negations. */
  readonly key: string
  readonly value: Value
  /** Words of a condition ("for gold members", "on weekends", "if …"): it narrows what is said. */
  readonly condition: string
  readonly validity: Validity
}

export type Value =
  | { readonly kind: 'amounts'; readonly amounts: readonly string[]; readonly negated: boolean }
  | { readonly kind: 'text'; readonly text: string; readonly parts: number }
  | { readonly kind: 'rule'; readonly negated: boolean }

/** All statements of an item; sentences that state nothing comparable give none. */
export function readStatements(item: Item): Statement[] {
  const sentences =
    item.kind === 'row' ? [rowOf(item.text)] : splitSentences(item.text).map(({ text }) => text)
  return sentences.flatMap((text) => readStatement(item, text, sentences.length === 1))
}

const marker = /^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ x]\]\s+)?/
const emphasis = /\*\*|__|`/g

/** A longer sentence says more than one thing, or is no sentence; and patterns take longer than they are worth. */
const longest = 600

function readStatement(item: Item, text: string, alone: boolean): Statement[] {
  if (text.length > longest) return []
  const plain = text
    .normalize('NFKC')
    .replace(/[‘’]/g, "'")
    .replace(marker, '')
    .replace(emphasis, '')
  const validity = readValidity(plain)
  const { main, condition } = splitCondition(validity.rest)
  const base = { item, text, alone, condition: keyOf(condition), validity }
  const { numbers, negations } = extractFacts(main)
  const negated = negations.length % 2 === 1
  const pair = readActor(main) ?? readPair(main)
  const named = listIdentifiers(pair ? pair.subject : main)
  if (pair) {
    const scope = [...scopeOf(item, pair.subject), ...named]
    const key = keyOf(pair.subject, scope)
    const amounts = extractFacts(pair.value).numbers
    if (key === '') return []
    // A value is its numbers where it is mostly numbers, else its words.
    if (amounts.length > 0 && contentStems(pair.value).size <= 3) {
      const about = keyOf(`${pair.subject} ${pair.value}`, scope)
      return [{ ...base, key: about, value: { kind: 'amounts', amounts, negated } }]
    }
    const value = wordsOf(pair.value)
    if (value === '') return []
    return [
      {
        ...base,
        key,
        value: { kind: 'text', text: value, parts: pair.value.split(/,|\band\b|、/).length },
      },
    ]
  }
  const key = keyOf(main, named)
  if (key.split(' ').length < 2) return []
  return numbers.length > 0
    ? [{ ...base, key, value: { kind: 'amounts', amounts: numbers, negated } }]
    : [{ ...base, key, value: { kind: 'rule', negated } }]
}

/** Identifiers with digits in them name a thing of their own: two versions of a model are two things. */
export const listIdentifiers = (text: string): string[] =>
  (text.match(/[\p{L}_][\p{L}\p{N}_.-]{0,80}/gu) ?? [])
    .filter((name) => /\d/.test(name))
    .map((name) => name.toLowerCase())

/** The cells of a row: the first names the thing, the others say something of it. */
function rowOf(text: string): string {
  const cells = text
    .split('|')
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '')
  return cells.length === 2 ? `${cells[0]}: ${cells[1]}` : cells.join(' ')
}

const keyOf = (text: string, scope: readonly string[] = []) =>
  [...new Set([...contentStems(text), ...scope])].toSorted().join(' ')

const wordsOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/^(?:the|a|an|our|by|at|in|on|to)\s+/, '')
    .replace(/[^\p{L}\p{N}@./:_+-]+/gu, ' ')
    .replace(/[.:]+(?=\s|$)/g, '')
    .trim()

const shortSubject = 2

/** A short subject ("Opening hours") is of the file and heading it stands under; a long one says of what. */
function scopeOf(item: Item, subject: string): string[] {
  if (contentStems(subject).size > shortSubject) return []
  const name = (item.path.split('/').at(-1) ?? '').replace(/\.\w+$/, '').replace(/[-_]/g, ' ')
  return [...contentStems(`${item.headings.join(' ')} ${item.headings.length > 0 ? '' : name}`)]
}

const noKeys =
  /^(?:note|notes|example|examples|tip|warning|todo|see|e\.g|i\.e|hint|why|how|when|what|important|caution|remember|fyi|nb|ps|step \d+)$/i
const maxKey = 60
const maxValue = 80
const typed =
  /^(?:the |a |an |our )?(?:[\p{Lu}][\p{L}\p{N}.&'-]*(?: [\p{Lu}\d][\p{L}\p{N}.&'-]*)*|\S*[\d_/@.]\S*|https?:\S+)(?:\s*\([^)]*\))?\.?$/u

const actorBy =
  /^(.{3,90}?)\s+by (?:the )?(\p{Lu}[\p{L}\p{N}-]+(?: \p{Lu}[\p{L}\p{N}-]+)?)(?:\s*:\s*(.{3,90}?))?\.?$/u
const actorFirst = /^(\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)?) (\p{Ll}{2,20}s) (.{3,90}?)\.?$/u

/** Who does something to a named thing: "X is approved by Ann", "Ann approves X". A thing has one such person. */
function readActor(text: string): { subject: string; value: string } | null {
  if (/\d/.test(text)) return null
  const passive = actorBy.exec(text)
  if (passive?.[1] && passive[2]) {
    return { subject: `${passive[1]} ${passive[3] ?? ''}`, value: passive[2] }
  }
  const active = actorFirst.exec(text)
  if (!active?.[1] || !active[2] || !active[3] || !/\p{Lu}/u.test(active[3])) return null
  return { subject: `${active[2]} ${active[3]}`, value: active[1] }
}

/** `K: V`, `K = V`, `X → Y`, `use X for P`, `the A of X is V` and 「XはY」. */
function readPair(text: string): { subject: string; value: string } | null {
  const colon = /^([^:=→\n]{2,60}?)\s*(?::|=|→|->|：)\s+(\S.{0,120})$/u.exec(text)
  if (colon?.[1] && colon[2] && !noKeys.test(colon[1].trim())) {
    return toPair(colon[1], colon[2])
  }
  const use = /^(?:please |always )?use ([^.;]{1,50}?) (?:for|to|when|in) ([^.;]{2,80}?)\.?$/i.exec(
    text,
  )
  if (use?.[1] && use[2]) return toPair(`use ${use[2]}`, use[1])
  const forUse = /^for ([^.;,]{2,60}),? (?:we )?use ([^.;]{1,50}?)\.?$/i.exec(text)
  if (forUse?.[1] && forUse[2]) return toPair(`use ${forUse[1]}`, forUse[2])
  const is =
    /^((?:the |our |its |their )?[^.;:]{2,80}?)\s+(?:is|are|equals|becomes|runs on|lives (?:in|at|on)|belongs to|goes to|go to|reports to|sits in)\s+(?:now |set to |located (?:in|at) |owned by |handled by |called )?([^.;]{1,60}?)\.?$/i.exec(
      text,
    )
  if (is?.[1] && is[2] && typed.test(is[2].trim())) return toPair(is[1], is[2])
  const ja = /^([\p{L}\p{N}_・ー]{1,30}?)は([^。、]{1,40}?)(?:です|である|とする)?。?$/u.exec(text)
  if (ja?.[1] && ja[2] && !/(?:する|ない|ます|ません|こと)$/.test(ja[2]))
    return toPair(ja[1], ja[2])
  return null
}

function toPair(subject: string, value: string): { subject: string; value: string } | null {
  const [key, said] = [subject.trim(), value.trim().replace(/\.$/, '')]
  return key.length <= maxKey + 20 && said.length <= maxValue ? { subject: key, value: said } : null
}

const conditionStart =
  /(?:^|[,;]?\s)(?:if|when|whenever|unless|except(?: for| on| in)?|only (?:if|for|on|when)|during|provided|in case|on (?:weekends?|weekdays?|holidays?|mondays?|sundays?)|for (?:gold|silver|premium|new|existing|enterprise|internal|external|european|us|vip|first-time|business)\b[^.,;]*|in (?:staging|production|test|development))\b/i

/** Stems of the condition that a text is said under; empty where it is said without one. */
export const conditionOf = (text: string): string => keyOf(splitCondition(text).condition)

/** What is said, and the condition it is said under; a condition in front ends at its comma. */
function splitCondition(text: string): { main: string; condition: string } {
  const found = conditionStart.exec(text)
  if (!found) return { main: text, condition: '' }
  const before = text.slice(0, found.index)
  const rest = text.slice(found.index)
  if (before.trim() !== '') return { main: before, condition: rest }
  const comma = rest.indexOf(',')
  return comma === -1
    ? { main: text, condition: '' }
    : { main: rest.slice(comma + 1).trim(), condition: rest.slice(0, comma) }
}
