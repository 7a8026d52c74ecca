import { DomainError } from '../errors.ts'
import { fold } from './fold.ts'
import { shortestTail, tokenise, unspacedLetter, withoutTails } from './tokens.ts'

/**
 * word: as a whole, or inside a longer word. prefix: the beginning of a word. phrase: these words in this order,
 * nothing between them but what is no letter; the last one may go on.
 */
export interface SearchTerm {
  readonly kind: 'word' | 'prefix' | 'phrase'
  readonly tokens: readonly string[]
}

const queryLimits = { characters: 512, terms: 16 } as const

/** `refund "travel insurance" cancel*`: all terms must be found. Nothing in it is ever syntax of a database. */
export function parseQuery(text: string): SearchTerm[] {
  if (text.length > queryLimits.characters) {
    throw refuse(`is longer than ${queryLimits.characters} characters`)
  }
  const pieces = [...text.matchAll(/"([^"]*)"?|([^\s"]+)/g)]
  const terms = pieces.flatMap(([, quoted, plain]) =>
    quoted === undefined ? readPlain(plain ?? '') : readPhrase(quoted),
  )
  if (terms.length === 0) throw refuse('has no word to look for; give letters or digits')
  if (terms.length > queryLimits.terms) throw refuse(`has more than ${queryLimits.terms} terms`)
  return terms
}

function readPlain(plain: string): SearchTerm[] {
  const tokens = read(plain)
  if (tokens.length !== 1) return toPhrase(tokens)
  const [token] = tokens as [string]
  const isLetter = token.length <= 2 && isUnspaced(plain)
  return [{ kind: plain.endsWith('*') || isLetter ? 'prefix' : 'word', tokens: [token] }]
}

const readPhrase = (quoted: string): SearchTerm[] => toPhrase(read(quoted))

const toPhrase = (tokens: readonly string[]): SearchTerm[] =>
  tokens.length === 0 ? [] : [{ kind: 'phrase', tokens }]

/** Of 東京都 only the pairs: the last letter alone is in the last pair already. */
const read = (text: string): string[] =>
  withoutTails([...tokenise(fold(text).folded)]).map((token) => token.text)

const isUnspaced = (text: string) => unspacedLetter.test(fold(text).folded)

/** Whether the tails of long words are worth looking through. */
export const maySitInside = (token: string) => token.length >= shortestTail

const refuse = (why: string) => new DomainError('invalid_argument', `q: the query ${why}.`)
