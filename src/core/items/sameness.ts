import { canonicalWord } from './content.ts'
import { canonicalNumber, signedNumbers } from './facts.ts'
import { splitSentences } from './sentences.ts'
import { isUnspaced } from './words.ts'

/**
 * Whether two texts say the same, word for word: a merge loses one of them, so a word counts unless it is
 * known not to. May differ: articles, "is" and courtesy; endings and listed synonyms; active and passive voice
 * with the same actor; a clause in front or behind. Everything else must agree: prepositions with what
 * stands behind them, the order of the other words, signs, versions, identifiers, tense and hedges.
 */
export function saysTheSame(a: string, b: string): boolean {
  if (isUnspaced(a) || isUnspaced(b)) return readUnspaced(a) === readUnspaced(b)
  const [left, right] = [readSentences(a), readSentences(b)]
  return left.length === right.length && left.every((one, at) => areEqual(one, right[at]))
}

interface Reading {
  /** Each preposition, conjunction and negation with the word behind it; sorted. */
  readonly relations: string
  /** All other words, the active way round. */
  readonly words: readonly string[]
  /** Begins with a phrase ("From gate 4 leaves the bus"): then verb and subject may have changed places. */
  readonly inverted: boolean
}

function areEqual(a: Reading, b: Reading | undefined): boolean {
  if (!b || a.relations !== b.relations || a.words.length !== b.words.length) return false
  if (a.words.join(' ') === b.words.join(' ')) return true
  return (a.inverted || b.inverted) && differByOneMove(a.words, b.words)
}

function differByOneMove(a: readonly string[], b: readonly string[]): boolean {
  return a.some((word, at) => {
    const rest = a.toSpliced(at, 1).join(' ')
    return b.some((other, to) => other === word && b.toSpliced(to, 1).join(' ') === rest)
  })
}

const droppable = new Set(
  'a an the is are be been being am it there that which who we and please kindly note also do does will'.split(
    ' ',
  ),
)

const relational = new Set(
  'for in on at by to from with as into onto over under about since until till after before during within between without against across along around behind beside beyond near off out up down inside outside above below per via through towards toward despite except than then instead rather minus plus versus not never no nor neither or unless if when while because although but only'.split(
    ' ',
  ),
)

const marker = /^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ x]\]\s+)?/

const readSentences = (text: string): Reading[] =>
  splitSentences(text.normalize('NFKC').replace(/[‘’]/g, "'").replace(marker, '')).map(
    ({ text: sentence }) => readSentence(sentence),
  )

function readSentence(text: string): Reading {
  const plain = text.replace(/\*\*|__(?=\s|$)|(?<=^|\s)__/g, '')
  const numbered = plain.replace(
    signedNumbers,
    (found) => ` #${canonicalNumber(found).replaceAll(' ', '_')} `,
  )
  const unfronted = numbered.replace(frontedClause, '$2 $1')
  const direct = converses.reduce((rest, [pattern, to]) => rest.replace(pattern, to), unfronted)
  return toReading(toActive(tokenise(direct)), relational.has(firstWord(numbered)))
}

const firstWord = (text: string) => /^\s*(\w+)/.exec(text)?.[1]?.toLowerCase() ?? ''

/** "Within 4 hours, bookings can be cancelled": the clause goes to the end. */
const frontedClause = new RegExp(
  String.raw`^\s*((?:${[...relational].join('|')})\b[^,]{1,120}),\s+(.+?)[.!]?\s*$`,
  'i',
)

/** Ways of saying one thing from its other end, and amounts in front of or behind what they measure. */
const converses: readonly (readonly [RegExp, string])[] = [
  [/^\s*it takes (.{1,80}?) for (.{1,120}?)[.!]?\s*$/i, '$2 take $1'],
  [
    /^(.{1,80}?) (?:is|are) (?:given|granted|offered|provided) to (.{1,120}?)[.!]?\s*$/i,
    '$2 get $1',
  ],
  [/^(.{1,80}?) (?:is|are) (?:required|needed|necessary) for (.{1,160}?)[.!]?\s*$/i, '$2 need $1'],
  [/\bgets? an? (reply|answer|response|refund|review)\b/gi, 'is $1ed'],
  [/(\w+) of\s+(#\S+)/g, '$2 $1'],
  [/\bof\b/gi, 'for'],
  [/\bin (?=\s*#)/gi, 'within '],
  [/\b(?:have|has) to\b/gi, 'must'],
]

interface Token {
  readonly text: string
  readonly kind: 'word' | 'relation' | 'be' | 'participle'
}

const chunks = /`[^`\n]+`|[^\s`]+/g
const irregularParticiple =
  /^(?:sent|paid|made|given|taken|kept|held|bought|sold|built|found|left|lost|written|chosen|run|told|shut|broken|shown|seen|done|set|read|put|met|held|drawn|known|led)$/i

function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  for (const [chunk] of text.matchAll(chunks)) {
    if (chunk.startsWith('`')) {
      tokens.push({ text: chunk.slice(1, -1).trim(), kind: 'word' })
      continue
    }
    const word = chunk.replace(/^["'([{«“]+|["')\]}»”.,;:!?…]+$/gu, '')
    if (isName(word)) tokens.push({ text: word, kind: 'word' })
    else for (const part of splitWord(word)) tokens.push(classify(part, tokens.at(-1)))
  }
  return tokens
}

/** Compared letter by letter: what has digits or marks inside, and options (`-q` is not `-Q`). */
const isName = (word: string) =>
  /^#./.test(word) ||
  /\d/.test(word) ||
  /[\p{L}\p{N}][._:/@+\\#&=<>][\p{L}\p{N}]/u.test(word) ||
  /^(?:-{1,2}[\p{L}]|[~./@$#]+[\p{L}])/u.test(word)

function splitWord(word: string): string[] {
  const lower = word
    .toLowerCase()
    .replace(/^cannot$/, "can't")
    .replace(/^won't$/, "willn't")
  const negated = /^(.+?)n't$/.exec(lower)
  const plain = negated ? [negated[1] === 'ca' ? 'can' : (negated[1] ?? ''), 'not'] : [lower]
  return plain.flatMap((part) => part.replace(/'s$/, '').match(/[\p{L}\p{N}\p{M}]+/gu) ?? [])
}

function classify(word: string, before: Token | undefined): Token {
  if (/^(?:is|are|be|been|being)$/.test(word)) return { text: word, kind: 'be' }
  if (relational.has(word)) return { text: word, kind: 'relation' }
  const ending = /ed$/.test(word) || irregularParticiple.test(word)
  const kind = ending && (before === undefined || before.kind === 'be') ? 'participle' : 'word'
  return { text: canonicalWord(word), kind }
}

/**
 * "Ann approves trials" for "Trials are approved by Ann", "Keep backups" for "Backups are kept". What stands
 * between subject and verb ("must", "not") stays where it is.
 */
function toActive(tokens: readonly Token[]): readonly Token[] {
  const verb = tokens.findIndex(({ kind }) => kind === 'participle')
  const token = tokens[verb]
  if (!token) return tokens
  const by = tokens.findIndex(
    ({ kind, text }, at) => at > verb && kind === 'relation' && text === 'by',
  )
  const actor = tokens[by + 1]
  const rest = tokens.toSpliced(verb, 1)
  if (by === -1 || !actor) return verb === 0 ? tokens : [{ ...token, kind: 'word' }, ...rest]
  const { length } = takeName(tokens.slice(by + 1))
  const others = rest.toSpliced(by - 1, 1 + length)
  return [...tokens.slice(by + 1, by + 1 + length), { ...token, kind: 'word' }, ...others]
}

/** One actor: up to the next relation, two words at most. */
function takeName(tokens: readonly Token[]): readonly Token[] {
  const end = tokens.findIndex(({ kind }) => kind !== 'word')
  return tokens.slice(0, Math.max(1, Math.min(2, end === -1 ? tokens.length : end)))
}

function toReading(tokens: readonly Token[], inverted: boolean): Reading {
  const relations: string[] = []
  const words: string[] = []
  let open: string | null = null
  // "gate 12" behind "from" is one thing.
  let counted = false
  for (const { text, kind } of tokens) {
    if (kind === 'be' || droppable.has(text)) continue
    if (kind === 'relation') open = open === null ? text : `${open} ${text}`
    else if (open !== null) {
      relations.push(`${open} ${text}`)
      open = null
      counted = true
      continue
    } else if (counted && text.startsWith('#')) relations.push(`${relations.pop()} ${text}`)
    else words.push(text)
    counted = false
  }
  if (open !== null) relations.push(open)
  return { relations: relations.toSorted().join('\n'), words, inverted }
}

const runs =
  /([\p{Script=Han}々]+|[\p{Script=Katakana}ー]+|[\p{Script=Thai}]+|[\p{Script=Latin}\p{N}_.]+)([\p{Script=Hiragana}]*)/gu
const politeEnding = /(?:です|である|だ)$/

/** Japanese orders its phrases freely, each with its particle behind it; polite endings say nothing. */
const readUnspaced = (text: string): string =>
  [...text.normalize('NFKC').replace(marker, '').matchAll(runs)]
    .map(([, run = '', particle = '']) => `${run} ${particle.replace(politeEnding, '')}`)
    .toSorted()
    .join('\n')
