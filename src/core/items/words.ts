/** Text as compared: NFKC, lower case, markup and punctuation gone, single spaces. */
export function normaliseText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ x]\]\s+)?/, '')
    .replace(/[^\p{L}\p{N}\p{M}$€£%.]+/gu, ' ')
    .replace(/\.(?!\d)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Scripts written without spaces between words. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

const shingleFrom = 12

/**
 * What two texts are compared by: their words, three words in a row where there are twelve or more, pairs of
 * characters where the script has no spaces. Equal pieces count once.
 */
export function shingle(text: string): ReadonlySet<string> {
  const plain = normaliseText(text)
  if (unspaced.test(plain)) return new Set(pairs([...plain.replaceAll(' ', '')], 2))
  const words = plain === '' ? [] : plain.split(' ')
  return new Set(words.length < shingleFrom ? words : pairs(words, 3))
}

function pairs(tokens: readonly string[], size: number): string[] {
  if (tokens.length <= size) return [tokens.join(' ')]
  return tokens.slice(size - 1).map((_, index) => tokens.slice(index, index + size).join(' '))
}

export function words(text: string): ReadonlySet<string> {
  const plain = normaliseText(text)
  if (unspaced.test(plain)) return new Set(pairs([...plain.replaceAll(' ', '')], 2))
  return new Set(plain === '' ? [] : plain.split(' '))
}
