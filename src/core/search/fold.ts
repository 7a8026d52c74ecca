/**
 * A text as search compares it: lower case, without accents, wide and narrow forms alike. `offsets[i]` is where
 * in the text the i-th unit of `folded` comes from; its last entry is the length of the text.
 */
export interface Folded {
  readonly folded: string
  readonly offsets: readonly number[] | null
}

/** `offsets` is null where units did not move. */
export function fold(text: string): Folded {
  if (isAscii(text)) return { folded: text.toLowerCase(), offsets: null }
  let folded = ''
  const offsets: number[] = []
  let at = 0
  for (const letter of text) {
    const plain = foldLetter(letter)
    folded += plain
    for (let unit = 0; unit < plain.length; unit += 1) offsets.push(at)
    at += letter.length
  }
  offsets.push(at)
  return { folded, offsets }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
export const isAscii = (text: string) => /^[\x00-\x7f]*$/.test(text)

/** Letters repeat: a text has some hundred different ones. */
const known = new Map<string, string>()
const mostKnown = 20_000

function foldLetter(letter: string): string {
  const before = known.get(letter)
  if (before !== undefined) return before
  const plain = letter
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ß', 'ss')
  if (known.size < mostKnown) known.set(letter, plain)
  return plain
}
