import { signedNumbers, unitOf } from './facts.ts'
import { isParticiple, listVerbs, plainForm } from './inflection.ts'
import { splitSentences } from './sentences.ts'
import { interchangeable, makeRepresentatives } from './synonyms.ts'
import { readUnspaced } from './unspaced.ts'
import { isUnspaced, prepositions } from './words.ts'

/**
 * Whether two texts say the same, word for word: a merge loses one of them, so a word counts unless it is
 * known not to. May differ: articles and "is"; plural and third person; interchangeable words; active and
 * passive voice with the same actor; a phrase in front or behind. Everything else must agree, in its order:
 * prepositions, signs, digits, identifiers, other endings, tense, hedges.
 */
export function saysTheSame(a: string, b: string): boolean {
  if (isExact(a) || isExact(b)) return a.trim() === b.trim()
  if (isUnspaced(a) || isUnspaced(b)) return readUnspaced(a) === readUnspaced(b)
  const [left, right] = [readText(a), readText(b)]
  return (
    left.box === right.box &&
    left.sentences.length === right.sentences.length &&
    left.sentences.every((one, at) => haveOneReading(one, right.sentences[at] ?? []))
  )
}

/** Letter by letter: long texts, for which patterns take longer than they are worth, and blocks of code. */
const isExact = (text: string) => text.length > longest || text.includes('```')
const longest = 2_000

/** One way to read a sentence: its words, the active way round, with the phrase in front moved behind. */
type Reading = readonly string[]

const haveOneReading = (a: readonly Reading[], b: readonly Reading[]) =>
  a.some((one) => b.some((other) => one.join(' ') === other.join(' ')))

const marker = /^\s*(?:[-*+]|\d+[.)])\s+/
const box = /^\s*\[([ xX])\]\s+/

function readText(text: string): { box: string; sentences: readonly (readonly Reading[])[] } {
  const plain = text.normalize('NFKC').replace(/[‘’]/g, "'").replace(marker, '')
  return {
    box: box.exec(plain)?.[1]?.toLowerCase() ?? '',
    sentences: splitSentences(plain.replace(box, '')).map((one) => listReadings(one.text)),
  }
}

const clauses = 'then instead rather unless if when while because although'
const relations = new Set([...prepositions, ...clauses.split(' ')])
const fronted = [...relations].join('|')

/** "Within 4 hours, bookings can be cancelled": the phrase goes to the end. */
const frontedPhrase = new RegExp(
  String.raw`^\s*((?:please )?)((?:${fronted})\b[^,]{1,120}),\s+(.+?)\s*$`,
  'i',
)

/** Ways of saying one thing from its other end. */
const converses: readonly (readonly [RegExp, string])[] = [
  [/^\s*it takes (.{1,80}?) for (.{1,120}?)\s*$/i, '$2 take $1'],
  [/^(.{1,80}?) (?:is|are) (?:given|granted) to (.{1,120}?)\s*$/i, '$2 get $1'],
  [/^(.{1,80}?) (?:is|are) (?:required|needed) for (.{1,160}?)\s*$/i, '$2 need $1'],
  [/\bgets? an? (?:reply|answer|response)\b/gi, 'be answered'],
  [/\bgets? a refund\b/gi, 'be refunded'],
  // Of these nouns "of" and "for" name the same; "letters of clients" are not "letters for clients".
  [
    /\b(refunds?|backups?|prices?|fees?|rates?|limits?|deadlines?|thresholds?|owners?|reasons?) of(?= )/gi,
    '$1 for',
  ],
  // "A discount of 5 %": "a 5 % discount".
  [/\b([a-z]+) of\s+(#\S+)/gi, '$2 $1'],
  // "In 5 to 7 days" is a window; "in 5 days" may be a day.
  [/\bin(?=\s+#\S+\s+to\s+#)/gi, 'within'],
  [/\b(?:have|has) to\b/gi, 'must'],
]

function listReadings(text: string): Reading[] {
  const asked = text.endsWith('?') ? ['?'] : []
  const plain = text.replace(/(?<=^|\s)\*\*|\*\*(?=[\s.,;:!?)]|$)/g, '').replace(/[.!?]+$/, '')
  const numbered = plain.replace(signedNumbers, (found) => {
    const mark = found.endsWith(',') ? ',' : ''
    return ` ${writeNumber(found)}${mark} `
  })
  const direct = converses.reduce(
    (rest, [pattern, to]) => rest.replace(pattern, to),
    numbered.replace(frontedPhrase, '$1$3 $2'),
  )
  const tokens = tokenise(direct)
  return [...listOrders(tokens), ...listVoices(tokens)]
    .flatMap(swapMeasure)
    .map((order) => [...toWords(order), ...asked])
}

/** Digit by digit: 3.10 is not 3.1 and 0123 is not 123, but 1,300 is 1300. Units in one spelling. */
function writeNumber(found: string): string {
  const sign = /^[^\d$€£]*/.exec(found.trim())?.[0].replace(/\s/g, '') ?? ''
  const digits = /\d[\d,.]*/.exec(found)?.[0].replace(/[.,]$/, '') ?? ''
  const plain = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(digits) ? digits.replaceAll(',', '') : digits
  const unit = unitOf(found)
  return `#${sign}${plain}${unit === '' ? '' : `_${unit}`}`
}

interface Token {
  readonly text: string
  readonly kind: 'word' | 'name' | 'relation' | 'be' | 'article' | 'participle'
  /** A comma, colon or bracket stands behind it. */
  readonly ends: boolean
}

const chunks = /`[^`\n]+`|[^\s`]+/g

function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  for (const [chunk] of text.matchAll(chunks)) {
    if (chunk.startsWith('`')) {
      tokens.push({ text: chunk, kind: 'name', ends: false })
      continue
    }
    const word = chunk.replace(/^["'([{«“]+|["')\]}»”.,;:!?…]+$/gu, '')
    const ends = /[),;:\]}]["'”]?$/.test(chunk)
    if (word === '') continue
    const parts = isLiteral(word) ? null : splitWord(word)
    if (parts === null) tokens.push({ text: word, kind: 'name', ends })
    else {
      for (const [at, part] of parts.entries()) {
        tokens.push({
          ...classify(part, tokens.at(-1), word),
          ends: ends && at === parts.length - 1,
        })
      }
    }
  }
  return tokens
}

/** Compared letter by letter: whatever has more in it than letters, and short words in capitals (IT, US). */
const isLiteral = (word: string) =>
  !/^[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*$/u.test(word) || /^\p{Lu}{2}$/u.test(word)

function splitWord(word: string): string[] {
  const lower = word.toLowerCase()
  if (lower === 'cannot') return ['can', 'not']
  const negated = /^(.+)n't$/.exec(lower)
  if (!negated) return lower.match(/'?[\p{L}\p{M}]+/gu) ?? []
  const stems: Readonly<Record<string, string>> = { ca: 'can', wo: 'will', sha: 'shall' }
  const verb = negated[1] ?? ''
  return [Object.hasOwn(stems, verb) ? (stems[verb] ?? verb) : verb, 'not']
}

const representatives = makeRepresentatives(interchangeable, plainForm)

function nameForm(word: string): string {
  const plain = plainForm(word)
  return representatives.get(plain) ?? plain
}

function classify(word: string, before: Token | undefined, written: string): Omit<Token, 'ends'> {
  if (/^(?:is|are|be|been|being)$/.test(word)) return { text: word, kind: 'be' }
  if (/^(?:an?|the)$/.test(word)) return { text: word, kind: 'article' }
  if (relations.has(word)) return { text: word, kind: 'relation' }
  if (isParticiple(word) && (before === undefined || before.kind === 'be')) {
    return { text: word, kind: 'participle' }
  }
  const kind = before !== undefined && /^\p{Lu}/u.test(written) ? 'name' : 'word'
  return { text: nameForm(word), kind }
}

/** As it stands; a phrase in front without a comma behind; and verb and subject changed over behind it. */
function listOrders(tokens: readonly Token[]): (readonly Token[])[] {
  const orders = [...listProgressive(tokens)]
  if (tokens[0]?.kind !== 'relation') return orders
  const end = tokens[2]?.text.startsWith('#') ? 3 : 2
  const [phrase, rest] = [tokens.slice(0, end), tokens.slice(end)]
  const [verb, ...others] = rest
  if (!verb) return orders
  const swapped = inverting.test(verb.text) ? [[...others, verb, ...phrase]] : []
  return [...orders, [...rest, ...phrase], ...swapped]
}

/** Verbs that go in front of their subject: "from gate 4 leaves the bus". */
const inverting =
  /^(?:arrive|begin|come|depart|fly|go|hang|leave|lie|live|run|sail|sit|stand|start)$/

/** "Is listening" for "listens". */
function listProgressive(tokens: readonly Token[]): (readonly Token[])[] {
  const at = tokens.findIndex(
    ({ kind }, i) => kind === 'participle' && tokens[i - 1]?.kind === 'be',
  )
  const verb = tokens[at]
  if (!verb?.text.endsWith('ing')) return [tokens]
  return [tokens, ...listVerbs(verb.text).map((base) => tokens.with(at, asVerb(base)))]
}

const asVerb = (base: string): Token => ({ text: nameForm(base), kind: 'word', ends: false })

/**
 * "Ann approves trials" for "Trials are approved by Ann", "Keep backups" for "Backups are kept". What stands
 * between subject and verb ("must", "not") stays where it is.
 */
function listVoices(tokens: readonly Token[]): (readonly Token[])[] {
  const at = tokens.findIndex(({ kind, text }) => kind === 'participle' && !text.endsWith('ing'))
  const participle = tokens[at]
  if (!participle) return []
  const by = tokens.findIndex(({ kind, text }, i) => i > at && kind === 'relation' && text === 'by')
  if (at === 0 && by !== 1) return []
  const rest = tokens.toSpliced(at, 1)
  const verbs = listVerbs(participle.text).map(asVerb)
  const actor = by === -1 ? [] : takeName(tokens.slice(by + 1))
  if (by !== -1 && actor.length === 0) return []
  const others = by === -1 ? rest : rest.toSpliced(by - 1, 1 + actor.length)
  return verbs.map((verb) => [...actor, verb, ...others])
}

/** One actor: up to the next relation or mark, two words at most. */
function takeName(tokens: readonly Token[]): readonly Token[] {
  const [first, second] = tokens
  if (!first || (first.kind !== 'word' && first.kind !== 'name')) return []
  const further = !first.ends && (second?.kind === 'word' || second?.kind === 'name')
  return further && second ? [first, second] : [first]
}

/**
 * "Bills above 5 dollars from Oslo" and "bills from Oslo above 5 dollars": behind a subject of one word, an amount
 * and a name may change places. Behind another noun the amount could be of that.
 */
function swapMeasure(tokens: readonly Token[]): (readonly Token[])[] {
  const [subject, relation, amount, second, name] = tokens
  if (subject?.kind !== 'word' || relation?.kind !== 'relation' || second?.kind !== 'relation') {
    return [tokens]
  }
  if (!amount?.text.startsWith('#') || name?.kind !== 'name' || name.text.startsWith('#')) {
    return [tokens]
  }
  return [
    tokens,
    ...[5, 6].map((end) => [
      subject,
      ...tokens.slice(3, end),
      relation,
      amount,
      ...tokens.slice(end),
    ]),
  ]
}

/** An article says nothing, but for "a few" and "a second one"; nor does "is", and "please" in front. */
function toWords(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap(({ kind, text }, at) => {
    const next = tokens[at + 1]?.text ?? ''
    if (kind === 'be' || (at === 0 && text === 'please')) return []
    if (kind === 'article') return counting.test(next) ? [text] : []
    return [kind === 'participle' ? `+${text}` : text]
  })
}

const counting =
  /^(?:few|little|lot|bit|first|second|third|fourth|fifth|last|next|other|one|same|only|most|least|best|worst|more|less)$/
