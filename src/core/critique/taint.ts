import { isBelow } from '../trust/taint.ts'
import { type Critic, insertedText } from './critique.ts'

const critic = 'taint'
/** Longest run of foreign words, in characters, that a line may take over without marking them as a quote. */
const longestBorrowed = 40

/** Words from below `user` may stand in a memory only as what they are: quoted data, from more than one session. */
export const criticizeTaint: Critic = ({ change, taint }) => {
  if (!isBelow(taint, 'user')) {
    return { critic, verdict: 'accept', explanation: `Nothing in it comes from below ${taint}.` }
  }
  const borrowed = findBorrowed(
    withoutQuoted(insertedText(change)),
    change.evidence.map(({ text }) => text),
  )
  if (borrowed !== null) {
    return {
      critic,
      verdict: 'revise',
      explanation: `It takes over “${borrowed}” from a transcript (${taint}) without marking it as a quote.`,
    }
  }
  return {
    critic,
    verdict: 'accept',
    explanation: `It rests on ${taint} text, which it cites and does not repeat as its own words.`,
  }
}

/** What stands between quotation marks, in code, or behind “> ” is shown as somebody else's. */
const withoutQuoted = (text: string) =>
  text.replace(/`[^`\n]*`|“[^”\n]*”|"[^"\n]*"|«[^»\n]*»|^\s*>.*$/gm, '\n')

function findBorrowed(text: string, quotes: readonly string[]): string | null {
  const pieces = text.split('\n').filter((line) => line.length > longestBorrowed)
  for (const line of pieces) {
    for (let at = 0; at + longestBorrowed < line.length; at += 1) {
      const run = line.slice(at, at + longestBorrowed + 1)
      if (quotes.some((quote) => quote.includes(run))) return run
    }
  }
  return null
}
