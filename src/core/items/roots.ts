import { relatedStem } from './content.ts'
import { withoutNumbers } from './facts.ts'
import { contentWords, isUnspaced, prepositions } from './words.ts'

/** Nouns of verbs that no ending leads back to. */
const nouns: Readonly<Record<string, string>> = {
  arrival: 'arrive',
  choice: 'choose',
  closure: 'close',
  decision: 'decide',
  departure: 'leave',
  growth: 'grow',
  loss: 'lose',
  permission: 'permit',
  purchase: 'buy',
  receipt: 'receive',
  retention: 'keep',
  sale: 'sell',
  storage: 'store',
}

const endings = 'ship ness ance anc ence enc ery ity ion er or al at ur y'.split(' ')

/** What is left of a word when the endings that make nouns of verbs are off: "rotation" and "rotated" have one root. */
function rootOf(word: string): string {
  let root = relatedStem(Object.hasOwn(nouns, word) ? (nouns[word] ?? word) : word)
  for (let round = 0; round < 2; round += 1) {
    const ending = endings.find((one) => root.endsWith(one) && root.length - one.length >= 3)
    if (ending === undefined) break
    root = root.slice(0, -ending.length)
  }
  return root.length > 3 ? root.replace(/e$/, '') : root
}

/** Words that only carry what is said, or name the measure of it: they tell no two facts apart. */
const carrying = new Set(
  'take get listen leave keep hold give need last cost run use have work go come require allow apply be customer order user time window rate value limit threshold period amount number level deadline'
    .split(' ')
    .concat(prepositions)
    .map(rootOf),
)

/** Words that tell of a change and are no part of what changed. */
const ofChange = new Set(
  'change move switch rename migrate raise lower increase reduce pass shift extend shorten cut drop rise fall grow transfer adjust new old former instead longer put'
    .split(' ')
    .map(rootOf),
)

export interface Topic {
  /** In capitals, and not for standing first. */
  readonly isName: boolean
  readonly isCarrying: boolean
  /** Tells of a change and is no part of what changed; in a line that tells of none it counts. */
  readonly isOfChange: boolean
  /** First, with nothing of its own behind it: "Tickets from …", not the first word of "Late tickets from …". */
  readonly isSubject: boolean
}

/** What a text speaks of, by roots; numbers are not in it. */
export function listTopics(text: string): ReadonlyMap<string, Topic> {
  const plain = withoutNumbers(text.normalize('NFKC'))
  return isUnspaced(plain) ? listRuns(plain) : listWords(plain)
}

const unspacedWords = /[\p{Script=Han}々]+|[\p{Script=Katakana}ー]+|[\p{Script=Latin}]+/gu
const unspacedCarrying = /^(?:日|時間|分|秒|週|月|年|円|回|件|変更|以内)$/
const plainTopic: Topic = {
  isName: false,
  isCarrying: false,
  isOfChange: false,
  isSubject: false,
}

const listRuns = (text: string): ReadonlyMap<string, Topic> =>
  new Map(
    (text.match(unspacedWords) ?? [])
      .filter((run) => !unspacedCarrying.test(run))
      .map((run) => [run, plainTopic]),
  )

function listWords(text: string): ReadonlyMap<string, Topic> {
  const topics = new Map<string, Topic>()
  const written = [...text.matchAll(/\p{L}[\p{L}\p{M}\p{N}_'-]*/gu)]
  for (const [at, { 0: word, index }] of written.entries()) {
    const before = text.slice(0, index)
    const isFirst = topics.size === 0
    for (const part of contentWords(word)) {
      const root = rootOf(part)
      if (topics.has(root)) continue
      topics.set(root, {
        isName: /^\p{Lu}/u.test(word) && !/(?:^|[.:!?]\s)\W*$/.test(before),
        isCarrying: carrying.has(root),
        isOfChange: ofChange.has(root),
        isSubject: isFirst && contentWords(written[at + 1]?.[0] ?? '').size === 0,
      })
    }
  }
  return topics
}
