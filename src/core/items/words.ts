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

/** Whether words of a text cannot be told by its spaces. */
export const isUnspaced = (text: string): boolean => unspaced.test(text)

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

/** English words without a topic of their own, and those whose difference the facts already hold. */
const functionWords = new Set(
  'a an the this that these those it its they them their there is are was were be been being am do does did has have had having and or but nor so than then if when while where which who whom whose what how of to in on at by for from with as into onto over under about since until after before during within between can could may might must shall should will would not no never none without cannot only also too very just all any each every some most more less least up down out per get gets got'.split(
    ' ',
  ),
)

/** Words that relate one thing to another and are no things themselves. */
export const prepositions: readonly string[] =
  'for in on at by to from with as into onto over under about since until till after before during within between without against across along around behind beside beyond near off out up down inside outside above below per via through towards toward despite except than'.split(
    ' ',
  )

/** The words that say what a text is about: no function words, numbers, dates or amounts. */
export function contentWords(text: string): ReadonlySet<string> {
  const plain = words(text.replace(/[‘’]/g, "'").replace(/n't\b/g, ''))
  return new Set([...plain].filter((word) => !/\d/.test(word) && !isFunctionWord(word)))
}

const spelledNumber = /^(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)$/

const isFunctionWord = (word: string) => functionWords.has(word) || spelledNumber.test(word)
