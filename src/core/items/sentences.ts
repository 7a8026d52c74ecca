/** A part of an item that can be compared alone, with its place in the item. */
export interface Sentence {
  readonly start: number
  readonly end: number
  readonly text: string
}

const abbreviation = /\b(?:e\.g|i\.e|etc|vs|approx|no|nr|st|mr|ms|dr|inc|ltd|co)\.$/i

/** Sentences of a bullet or paragraph; a line break ends one as well as a full stop, also a Japanese one. */
export function splitSentences(text: string): Sentence[] {
  const sentences: Sentence[] = []
  let start = 0
  const end = (at: number) => {
    const piece = text.slice(start, at)
    const lead = piece.length - piece.trimStart().length
    if (piece.trim() !== '') {
      sentences.push({
        start: start + lead,
        end: start + piece.trimEnd().length,
        text: piece.trim(),
      })
    }
    start = at
  }
  for (const { index, 0: mark } of text.matchAll(/[.!?](?=\s)|[。！？]|\n/g)) {
    if (mark === '.' && abbreviation.test(text.slice(Math.max(0, index - 8), index + 1))) continue
    end(index + mark.length)
  }
  end(text.length)
  return sentences
}
