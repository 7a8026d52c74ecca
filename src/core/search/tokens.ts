import { fold, isAscii } from './fold.ts'

/** A word, or two letters of a script that is written without spaces, where it stands in the folded text. */
export interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Longer words are compared by their beginning. */
const longestWord = 64

/** Runs of letters, digits and their marks. */
const words = /[\p{L}\p{N}\p{M}]+/gu
/** Scripts that are written without spaces between words, and Korean, whose words carry their endings. */
export const unspacedLetter =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]/u
const unspaced = new RegExp(`${unspacedLetter.source}+`, 'gu')

/** In text order. Of 東京都 there are 東京, 京都 and 都, so that every piece of it can be found. */
export function tokenise(folded: string): Iterable<Token> {
  return isAscii(folded) ? tokeniseAscii(folded) : tokeniseAny(folded)
}

/** Most texts; ten times as fast as looking for scripts that they cannot have. */
function tokeniseAscii(folded: string): Token[] {
  const tokens: Token[] = []
  const word = /[a-z0-9]+/g
  for (let match = word.exec(folded); match; match = word.exec(folded)) {
    tokens.push(toWord(folded, match.index, word.lastIndex))
  }
  return tokens
}

function* tokeniseAny(folded: string): Generator<Token> {
  for (const match of folded.matchAll(words)) {
    let from = match.index
    const end = from + match[0].length
    for (const run of match[0].matchAll(unspaced)) {
      const start = match.index + run.index
      if (from < start) yield toWord(folded, from, start)
      yield* pairLetters(run[0], start)
      from = start + run[0].length
    }
    if (from < end) yield toWord(folded, from, end)
  }
}

const toWord = (folded: string, start: number, end: number): Token => ({
  text: folded.slice(start, Math.min(end, start + longestWord)),
  start,
  end,
})

function* pairLetters(run: string, at: number): Generator<Token> {
  const letters = [...run]
  let start = at
  for (const [index, letter] of letters.entries()) {
    const text = letter + (letters[index + 1] ?? '')
    yield { text, start, end: start + text.length }
    start += letter.length
  }
}

/** The last letter of a run stands in its last pair too; beside it, it would part words that are neighbours. */
export const withoutTails = (tokens: readonly Token[]): Token[] =>
  tokens.filter((token, index) => {
    const before = tokens[index - 1]
    return !before || token.start >= before.end || [...token.text].length > 1
  })

/** Marks the tails of long words, in which the parts of compounds are found. No letter of any word. */
export const tailMark = '·'
export const shortestCompound = 8
export const shortestTail = 4

/**
 * What the index holds of a text, each token once: its words, and behind a mark every tail of long ones, so that
 * "versicherung" finds "Reiseversicherungen".
 */
export function listIndexTokens(text: string): string[] {
  const tokens = new Set<string>()
  for (const { text: word } of tokenise(fold(text).folded)) {
    tokens.add(word)
    if (word.length < shortestCompound) continue
    for (let from = 0; from + shortestTail <= word.length; from += 1) {
      tokens.add(tailMark + word.slice(from))
    }
  }
  return [...tokens]
}
