import { extractFacts } from '../items/facts.ts'
import { joinSimilar } from '../items/near-duplicates.ts'
import { normaliseText, words } from '../items/words.ts'
import type { Critic } from './critique.ts'

const critic = 'novelty'
/** Share of words in common from which a line says what another one says. */
const sameFrom = 0.7

/** Whether the store says so already. */
export const criticizeNovelty: Critic = ({ change, store }) => {
  const { operation, after } = change
  if (operation !== 'add' || after === null) {
    return { critic, verdict: 'accept', explanation: 'It adds no line.' }
  }
  const places = store.flatMap(({ path, content }) =>
    content
      .split('\n')
      .map((line, index) => ({ place: `${path}:${index + 1}`, line: strip(line) })),
  )
  const mine = strip(after)
  const same = places.find(({ line }) => line !== '' && normaliseText(line) === normaliseText(mine))
  if (same) {
    return { critic, verdict: 'reject', explanation: `${same.place} says the same already.` }
  }
  const code = extractFacts(mine).code.join(' ')
  const last = places.length
  const alike = joinSimilar([...places.map(({ line }) => words(line)), words(mine)], sameFrom)
    .filter(({ second }) => second === last)
    .map(({ first }) => places[first])
    .find((one) => one && extractFacts(one.line).code.join(' ') === code)
  if (alike) {
    return { critic, verdict: 'revise', explanation: `${alike.place} says nearly the same.` }
  }
  return { critic, verdict: 'accept', explanation: 'No memory of the store says so yet.' }
}

/** A line without its bullet and without the note on grade and support. */
const strip = (line: string) =>
  line.replace(/^\s*(?:[-*+]|\d+\.)\s+/, '').replace(/\s*_\([^)_]*\)_\s*$/, '')
