import { deny, type Gate, none } from './gate.ts'

/** What stands between two of the same markers, or behind the last one, is never edited. */
export const protectedText: Gate = {
  rule: 'scope.protectedText',
  judge({ scope }, { document: { before, after } }) {
    const marker = scope.protectedText.find(
      (one) => listBlocks(before ?? '', one) !== listBlocks(after ?? '', one),
    )
    return marker === undefined
      ? none
      : deny('a protected block would change', `as it is between ${marker}`)
  },
}

/** Every second piece is inside. */
const listBlocks = (text: string, marker: string): string =>
  JSON.stringify(text.split(marker).filter((_, index) => index % 2 === 1))
