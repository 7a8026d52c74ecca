import { extractFacts } from '../items/facts.ts'
import { normaliseText, words } from '../items/words.ts'
import type { Critic } from './critique.ts'
import { plainLine } from './store-view.ts'

const critic = 'novelty'
/** Share of words in common from which a line says what another one says. */
const sameFrom = 0.7

/** Whether the store says so already. */
export const criticizeNovelty: Critic = ({ change, store }) => {
  const { operation, after } = change
  if (operation !== 'add' || after === null) {
    return { critic, verdict: 'accept', explanation: 'It adds no line.' }
  }
  const text = plainLine(after)
  const mine = words(text)
  // The same sentence about another piece of code is another sentence.
  const code = extractFacts(text).code.join(' ')
  const alike = store.lines.filter(
    (line) =>
      jaccard(line.words, mine) >= sameFrom && extractFacts(line.text).code.join(' ') === code,
  )
  const same = alike.find((line) => normaliseText(line.text) === normaliseText(text))
  if (same) {
    return { critic, verdict: 'reject', explanation: `${same.place} says the same already.` }
  }
  const [near] = alike
  if (near) return { critic, verdict: 'revise', explanation: `${near.place} says nearly the same.` }
  return { critic, verdict: 'accept', explanation: 'No memory of the store says so yet.' }
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (Math.min(a.size, b.size) < sameFrom * Math.max(a.size, b.size, 1)) return 0
  const shared = a.intersection(b).size
  return shared / (a.size + b.size - shared)
}
