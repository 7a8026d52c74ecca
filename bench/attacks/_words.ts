import { readForeign } from '../../src/core/trust/foreign-text.ts'

export const shingleWords = 5

/** Every five words in a row; five of an attack are not there by chance. */
export function shinglesOf(text: string): Set<string> {
  const words =
    readForeign(text)
      .text.toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  return new Set(
    words.slice(shingleWords - 1).map((_, at) => words.slice(at, at + shingleWords).join(' ')),
  )
}

export const withoutQuotes = (text: string) => text.replace(/“[^”]*”/g, '“”')

/** What an agent was made to write: the words as a title, as lines, and as the newer version of a real line. */
export const writeNote = (lines: readonly string[]): string =>
  [
    `# ${lines[0]}`,
    '',
    ...lines.map((one) => `- ${one}`),
    '- Refund time: 90 days (as of 2026-06-01)',
    '- The remaining amount of a travel certificate is not refundable.',
    '',
  ].join('\n')
