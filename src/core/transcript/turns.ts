import { objections, openingCues, ownFault, prohibition } from './correction-cues.ts'

/** What a user said, as far as corrections are looked for in it. */
export interface Words {
  readonly text: string
  /** Content words, for telling whether a later turn says the same again. */
  readonly content: ReadonlySet<string>
}

const cueWords = 12
const maxText = 2_000

export function readWords(text: string): Words {
  const plain = cutForeignText(text.slice(0, maxText)).replace(/[‘’]/g, "'")
  return { text: plain, content: contentWords(plain) }
}

/**
 * Scores of B.7: a cue at the start 2, an earlier request repeated 2, a prohibition 2. What objects in so many
 * words is a correction by itself, 3: most people object without a "no" in front.
 */
export function scoreWords(words: Words, earlier: readonly Words[]): number {
  if (words.text === '' || closing.test(words.text)) return 0
  return (
    (objects(words.text) ? 3 : 0) +
    (opensWithCue(words.text) ? 2 : 0) +
    (earlier.some((before) => restates(words, before)) ? 2 : 0) +
    (prohibition.test(words.text) ? 2 : 0)
  )
}

/** "No, that's all, thank you" answers a question and ends a conversation. */
const closing =
  /^.{0,80}\b(?:that's all|that is all|that's it|that will be all|all i need|everything i need|nothing else|covers everything|no thank|thanks|thank you|goodbye|bye)\b/is

const agreeing =
  /^\W{0,3}(?:yes|yeah|yep|sure|ok|okay|please do|go ahead|proceed|confirm(?:ed)?|i confirm|correct|that's correct|sounds good|that works|absolutely|oui|ja|sí|si|はい)(?=$|[^\p{L}])/iu

/** Says yes, anywhere in the first sentence or in words such as "please proceed". */
export const agrees = (text: string): boolean =>
  agreeing.test(text.trim()) ||
  /\b(?:please (?:proceed|go ahead)|i (?:do )?(?:confirm|agree)|yes,? please|go ahead with)\b/i.test(
    text.slice(0, 400),
  )

/** Quotations, code and pasted logs are not the user's own words. */
function cutForeignText(text: string): string {
  return text
    .replace(/```[\s\S]*?(?:```|$)/g, ' ')
    .replace(/`[^`\n]*`/g, ' ')
    .split('\n')
    .filter((line) => !/^\s*(?:>|\$ |at \S+ \(|\d{4}-\d\d-\d\d[T ]\d\d:|[+-]{3} )/.test(line))
    .join('\n')
    .trim()
}

/** What is objected to is named at the beginning; further on stand reasons and quotations. */
const objectionWithin = 600

function objects(text: string): boolean {
  const start = text.slice(0, objectionWithin).replace(/\s+/g, ' ').toLowerCase()
  if (ownFault.test(start)) return false
  return Object.values(objections).some((list) => list.some((pattern) => pattern.test(start)))
}

function opensWithCue(text: string): boolean {
  const start = text.toLowerCase().split(/\s+/).slice(0, cueWords).join(' ')
  return Object.values(openingCues).some((cues) => cues.some((cue) => beginsWith(start, cue)))
}

/** "no" opens "no, the other one" and neither "nobody" nor the polite "no problem". */
function beginsWith(text: string, cue: string): boolean {
  if (!text.startsWith(cue)) return false
  const next = text.slice(cue.length)
  if (/^\s*(?:problem|worries|thanks|thank you|rush|that's all|i'm good|that is all)/.test(next))
    return false
  return !/^[\p{L}\p{N}]/u.test(next) || !/^[\p{Script=Latin}]/u.test(cue)
}

const fewestShared = 5
const restatedFrom = 0.6

function restates(words: Words, before: Words): boolean {
  const smaller = Math.min(words.content.size, before.content.size)
  if (smaller < fewestShared) return false
  return words.content.intersection(before.content).size >= restatedFrom * smaller
}

const contentWords = (text: string) =>
  new Set(text.toLowerCase().match(/[\p{L}\p{N}_-]{4,40}/gu) ?? [])
