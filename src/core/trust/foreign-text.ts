/** Zero-width characters, bidirectional marks and tags: they hide or turn text and say nothing themselves. */
const invisible = /\p{Default_Ignorable_Code_Point}/gu

/** Letters of other scripts that are drawn like Latin ones, by what they are taken for. */
const lookAlikes: ReadonlyMap<string, string> = new Map(
  (
    [
      ['а', 'a'],
      ['в', 'b'],
      ['с', 'c'],
      ['ԁ', 'd'],
      ['е', 'e'],
      ['һ', 'h'],
      ['і', 'i'],
      ['ј', 'j'],
      ['к', 'k'],
      ['ӏ', 'l'],
      ['м', 'm'],
      ['н', 'h'],
      ['о', 'o'],
      ['р', 'p'],
      ['ԛ', 'q'],
      ['ѕ', 's'],
      ['т', 't'],
      ['у', 'y'],
      ['ѵ', 'v'],
      ['ԝ', 'w'],
      ['х', 'x'],
      ['ѐ', 'e'],
      ['ё', 'e'],
      ['α', 'a'],
      ['β', 'b'],
      ['ε', 'e'],
      ['η', 'n'],
      ['ι', 'i'],
      ['κ', 'k'],
      ['ν', 'v'],
      ['ο', 'o'],
      ['ρ', 'p'],
      ['τ', 't'],
      ['υ', 'u'],
      ['χ', 'x'],
      ['ω', 'w'],
      ['γ', 'y'],
      ['ı', 'i'],
      ['ɡ', 'g'],
      ['ɑ', 'a'],
    ] as const
  ).flatMap(([from, to]) => [
    [from, to],
    [from.toUpperCase(), to.toUpperCase()],
  ]),
)

export interface PlainText {
  /** NFKC, without what cannot be seen, look-alikes inside of mixed words as Latin letters. */
  readonly text: string
  /** How many characters were taken out that cannot be seen. */
  readonly hidden: number
  /** Words that mix Latin with look-alikes of another script. */
  readonly mixedWords: number
}

/**
 * Foreign text as a reader takes it. Looking for words in anything else can be evaded by one character that
 * nobody sees. A variation selector behind an emoji is ordinary and is not counted as hidden.
 */
export function readForeign(text: string): PlainText {
  const folded = text.normalize('NFKC').replace(/(\p{Extended_Pictographic})\ufe0f/gu, '$1')
  let hidden = 0
  const seen = folded
    .replace(/(\p{Extended_Pictographic})\u200d(?=\p{Extended_Pictographic})/gu, '$1')
    .replace(invisible, () => {
      hidden += 1
      return ''
    })
  let mixedWords = 0
  const plain = seen.replace(/[\p{L}\p{M}]{2,64}/gu, (word) => {
    if (!isMixed(word)) return word
    mixedWords += 1
    return [...word].map((letter) => lookAlikes.get(letter) ?? letter).join('')
  })
  return { text: plain, hidden, mixedWords }
}

/** A word in one script is a word of that script, whatever its letters look like. */
function isMixed(word: string): boolean {
  if (!/[a-z]/i.test(word)) return false
  return [...word].some((letter) => lookAlikes.has(letter) && !/\p{Script=Latin}/u.test(letter))
}
