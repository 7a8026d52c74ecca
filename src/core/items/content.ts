import { withoutNumbers } from './facts.ts'
import { makeRepresentatives, related } from './synonyms.ts'
import { contentWords, isUnspaced } from './words.ts'

const irregular: Readonly<Record<string, string>> = {
  sent: 'send',
  paid: 'pay',
  made: 'make',
  given: 'give',
  gave: 'give',
  taken: 'take',
  took: 'take',
  kept: 'keep',
  held: 'hold',
  bought: 'buy',
  sold: 'sell',
  built: 'build',
  found: 'find',
  left: 'leave',
  lost: 'lose',
  written: 'write',
  chosen: 'choose',
  ran: 'run',
  told: 'tell',
  got: 'get',
  shut: 'close',
  broken: 'break',
  began: 'begin',
  begun: 'begin',
  shown: 'show',
  seen: 'see',
  done: 'do',
  gone: 'go',
  came: 'come',
  met: 'meet',
  put: 'put',
  set: 'set',
  read: 'read',
}

/** Words that can come or go without a change of meaning. */
const fillers = new Set(
  'please note simply just actually basically generally usually normally typically currently always_be kindly remember sure important note_that fact thing way order reason able via using used one ones well own same such there here now still yet already again'.split(
    ' ',
  ),
)

const stemFrom = 4

function stem(word: string): string {
  const known = Object.hasOwn(irregular, word) ? irregular[word] : undefined
  if (known !== undefined) return undouble(known)
  if (word.length < stemFrom || !/^[a-z]+$/.test(word)) return word
  if (word.length >= doerFrom && word.endsWith('er')) return undouble(word.slice(0, -2))
  for (const [ending, rest] of endings) {
    if (word.endsWith(ending) && word.length - ending.length >= 3) {
      return undouble(word.slice(0, -ending.length) + rest)
    }
  }
  return word.endsWith('e') ? word.slice(0, -1) : word
}

/** From this length "-er" is one who does: "maintainer" and "maintain". */
const doerFrom = 8

const endings: readonly (readonly [string, string])[] = [
  ['ations', ''],
  ['ation', ''],
  ['ments', ''],
  ['ment', ''],
  ['ings', ''],
  ['ing', ''],
  ['ied', 'y'],
  ['ies', 'y'],
  ['ed', ''],
  ['sses', 'ss'],
  ['es', ''],
  ['ly', ''],
]

/** "cancelled" and "cancel", "cards" and "card", "use" and "using" get one stem. */
function undouble(word: string): string {
  const plain = word.replace(/([bdglmnprt])\1$/, '$1')
  return plain.endsWith('e') ? plain.slice(0, -1) : plain
}

const plural = (word: string) =>
  /[^su]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word

const formOf = (word: string) => stem(plural(word))
const representatives = makeRepresentatives(related, formOf)

/** A word with its endings off, for all words that may speak of the same. */
export function relatedStem(word: string): string {
  const plain = formOf(word)
  return representatives.get(plain) ?? plain
}

/** "Is given to customers" is what customers get; "managers give" is another thing. */
const receiving = /\b(?:is|are|was|were|be) (?:given|granted|offered|provided) to\b/gi

/** Stands for words that say nothing by themselves ("get" and all that means it). */
const empty = new Set(['get'])

/** What a text is about, as stems of content words with synonyms brought together; numbers are not in it. */
export function contentStems(text: string): ReadonlySet<string> {
  if (isUnspaced(text)) return listRuns(text)
  const stems = new Set<string>()
  for (const word of contentWords(
    withoutNumbers(text.normalize('NFKC')).replace(receiving, ' get '),
  )) {
    if (fillers.has(word)) continue
    const one = relatedStem(word)
    if (!empty.has(one)) stems.add(one)
  }
  return stems
}

const runs =
  /[\p{Script=Han}々]+|[\p{Script=Katakana}ー]+|[\p{Script=Thai}]+|[\p{Script=Latin}\p{N}_.]+/gu

/**
 * Japanese writes what a text is about in Han and katakana and puts hiragana between: runs of the former are
 * its words. Chinese runs are whole clauses, so only texts that are equal but for marks are alike there.
 */
function listRuns(text: string): ReadonlySet<string> {
  return new Set(text.normalize('NFKC').toLowerCase().match(runs) ?? [])
}
