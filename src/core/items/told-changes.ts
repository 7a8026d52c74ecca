import {
  type Compared,
  type Contradiction,
  inOneScope,
  type Supersession,
} from './contradiction.ts'
import { extractFacts } from './facts.ts'
import { listTopics, type Topic } from './roots.ts'
import type { Statement } from './statements.ts'

/** Fewer words in common may be chance. */
const fewestShared = 2
/** With more words of its own a line speaks of something else. */
const mostMissing = 1
const mostExtra = 2

/**
 * Statements that say what they took the place of ("changed from 5 to 7 days"), and the statement of the former
 * value, told in other words. It is superseded when it holds that value, has all that the newer one speaks of,
 * and speaks of nothing else but at most the subject that a noun leaves out ("Tickets from Oslo are answered
 * within 5 days" for "the answer time in Oslo"), and no other line could be meant. What comes near is flagged.
 */
export function findToldChanges(statements: readonly Statement[]): Compared {
  const find = makeIndex(statements)
  const topicsOf = new Map(statements.map((one) => [one, listTopics(one.text)]))
  const supersessions: Supersession[] = []
  const contradictions: Contradiction[] = []
  for (const newer of statements) {
    const former = readFormer(newer)
    if (former === null) continue
    const speaks = listWhatHolds(newer, former)
    const matches = find(former).flatMap((older): Match[] => {
      if (!mayMean(newer, older)) return []
      const has = without(topicsOf.get(older) ?? new Map(), former.topics)
      const fit = compare(has, speaks, newNamesOf(newer, former))
      return fit === null ? [] : [{ older, fit }]
    })
    const isOne = new Set(matches.map(({ older }) => older.key)).size === 1
    for (const { older, fit } of matches) {
      if (fit === 'same' || (fit === 'subject' && isOne)) {
        supersessions.push(toSupersession(older, newer))
      } else if (matches.every((one) => one.fit !== 'same')) {
        contradictions.push(toFlag(older, newer))
      }
    }
  }
  return { supersessions, contradictions }
}

interface Match {
  readonly older: Statement
  readonly fit: 'same' | 'subject' | 'near'
}

interface Former {
  readonly words: readonly string[]
  readonly amounts: readonly string[]
  readonly topics: Topics
}

type Topics = ReadonlyMap<string, Topic>

function readFormer({ validity, value }: Statement): Former | null {
  if (validity.replaces === null) return null
  const text = validity.replaces
  const units = value.kind === 'amounts' ? value.amounts.map(unitOf) : []
  const unit = units.every((one) => one === units[0]) ? (units[0] ?? '') : ''
  // "2 weeks instead of 4" is 4 weeks.
  const amounts = extractFacts(text).numbers.map((one) =>
    unitOf(one) === '' && unit !== '' ? `${one} ${unit}` : one,
  )
  return { words: wordsOf(text), amounts, topics: listTopics(text) }
}

const unitOf = (amount: string) => amount.split(' ').slice(1).join(' ')

const pieces = /\p{N}+|[\p{Script=Han}々]+|[\p{Script=Katakana}ー]+|\p{Script=Hiragana}+|\p{L}+/gu

const wordsOf = (text: string): string[] => text.toLowerCase().match(pieces) ?? []

/**
 * Finds the statements whose only value is the former one and that do not deny it: amounts by all of them
 * together, names by the rarest word.
 */
function makeIndex(statements: readonly Statement[]): (former: Former) => readonly Statement[] {
  const [byAmounts, byWord] = [new Map<string, Statement[]>(), new Map<string, Statement[]>()]
  for (const statement of statements) {
    const { numbers, negations } = extractFacts(statement.text)
    if (negations.length > 0) continue
    if (numbers.length > 0) addTo(byAmounts, nameOf(numbers), statement)
    for (const word of new Set(wordsOf(statement.text))) addTo(byWord, word, statement)
  }
  return ({ words, amounts }) => {
    if (amounts.length > 0) return byAmounts.get(nameOf(amounts)) ?? []
    const postings = words.map((word) => byWord.get(word) ?? [])
    const [rarest = []] = postings.toSorted((a, b) => a.length - b.length)
    return rarest.filter(({ text }) => hasAll(wordsOf(text), words))
  }
}

const hasAll = (own: readonly string[], words: readonly string[]) =>
  words.every((word) => own.includes(word))

const nameOf = (amounts: readonly string[]) => amounts.toSorted().join('\0')

function addTo(index: Map<string, Statement[]>, key: string, statement: Statement): void {
  const posting = index.get(key)
  if (posting) posting.push(statement)
  else index.set(key, [statement])
}

function mayMean(newer: Statement, older: Statement): boolean {
  if (older.item.id === newer.item.id || !inOneScope(older.item, newer.item)) return false
  if (older.validity.replaces !== null || older.validity.tense === 'past') return false
  return older.condition === newer.condition
}

/** How well what a line has fits what a change speaks of; neither map holds the values. */
function compare(has: Topics, speaks: Topics, newNames: number): Match['fit'] | null {
  const shared = [...speaks.keys()].filter((root) => has.has(root))
  const untold = [...without(speaks, has).values()].filter(({ isOfChange }) => !isOfChange)
  const missing = dropNames(untold.filter(isTelling), newNames)
  const extra = [...without(has, speaks).values()].filter(isTelling)
  if (shared.length < fewestShared) return null
  if ([...missing, ...extra].some(({ isName }) => isName)) return null
  if (missing.length === 0 && extra.length === 0) return 'same'
  const named = shared.some((root) => has.get(root)?.isName)
  if (missing.length === 0 && named && extra.every(({ isSubject }) => isSubject)) return 'subject'
  return missing.length <= mostMissing && extra.length <= mostExtra ? 'near' : null
}

/** What the newer one speaks of, without its values. */
function listWhatHolds({ validity, value }: Statement, former: Former): Topics {
  const topics = without(listTopics(validity.rest), listTopics(validity.becomes ?? ''))
  const named = value.kind === 'text' ? without(topics, listTopics(value.text)) : topics
  return without(named, former.topics)
}

/** "Meets on Mondays instead of Tuesdays": where the sentence does not say so, a name new in it is the new value. */
const newNamesOf = ({ validity, value }: Statement, former: Former): number =>
  validity.becomes === null && value.kind !== 'text' && former.amounts.length === 0 ? 1 : 0

function dropNames(topics: readonly Topic[], count: number): readonly Topic[] {
  const at = topics.findIndex(({ isName }) => isName)
  return count === 0 || at === -1 ? topics : topics.toSpliced(at, 1)
}

const without = (topics: Topics, others: Topics): Topics =>
  new Map([...topics].filter(([root]) => !others.has(root)))

const isTelling = ({ isCarrying }: Topic) => !isCarrying

function toSupersession(older: Statement, newer: Statement): Supersession {
  return {
    older: older.item,
    newer: newer.item,
    validFrom: newer.validity.date,
    reason: `it was ${newer.validity.replaces}; the newer line says what it changed to`,
  }
}

function toFlag(older: Statement, newer: Statement): Contradiction {
  return {
    first: older.item,
    second: newer.item,
    kind: 'value',
    reason: `one line says it was ${newer.validity.replaces} before; the other may be that line`,
  }
}
