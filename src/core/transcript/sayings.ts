/** What the agent's own words commit it to, by plain cues. English only: other languages give no cue. */
export interface Said {
  readonly asks: boolean
  readonly handsOver: boolean
  readonly promises: readonly string[]
  readonly wrongSum: boolean
}

const maxText = 8_000

export function readSaying(text: string): Said {
  const plain = text.slice(0, maxText).replace(/[‘’]/g, "'")
  const asks = asking.test(plain)
  return {
    asks,
    handsOver: handing.test(plain),
    promises: asks ? [] : findPromises(plain),
    wrongSum: hasWrongSum(plain),
  }
}

const asking =
  /\b(?:do you (?:confirm|agree|want me to|wish to)|would you like (?:me )?to (?:proceed|go ahead|confirm)|(?:please )?(?:confirm|reply (?:with )?["“]?yes)|shall i|should i (?:proceed|go ahead)|may i proceed|\(yes\/no\)|is that (?:correct|ok|okay|right)|let me know if you(?:'d| would) like (?:me )?to proceed)\b/i
const handing =
  /\b(?:transfer(?:red|ring)? (?:you |your (?:case|request) )?(?:over )?to (?:a |an |one of our )?(?:human|live|person|agent|specialist|representative)|connect(?:ing)? you (?:with|to) (?:a |an )?(?:human|person|agent|specialist|representative)|being transferred to a human)\b/i

/** Verbs that tools change the world by, with the forms that claims and promises use. */
const verbs: readonly (readonly [string, RegExp])[] = (
  [
    ['cancel', 'cancel(?:l?ed)?'],
    ['book', 'book(?:ed)?'],
    ['update', 'update(?:d)?'],
    ['change', 'chang(?:e|ed)'],
    ['refund', 'refund(?:ed)?'],
    ['return', 'return(?:ed)?'],
    ['exchange', 'exchang(?:e|ed)'],
    ['send', '(?:send|sent)'],
    ['issue', 'issue(?:d)?'],
    ['add', 'add(?:ed)?'],
    ['remove', 'remove(?:d)?'],
    ['modify', 'modif(?:y|ied)'],
    ['enable', 'enable(?:d)?'],
    ['disable', 'disable(?:d)?'],
    ['process', 'process(?:ed)?'],
  ] as const
).map(([verb, form]) => [
  verb,
  new RegExp(
    `\\b(?:i(?:'ve| have)(?: now| successfully| already)? ${form}|i(?:'ll| will)(?: now| go ahead and| proceed to)? ${form}|(?:has|have) been (?:successfully )?${form})\\b`,
    'i',
  ),
])

const conditional = /\b(?:if|once|before|after|when|unless|would|can|could|cannot|unable)\b/i

/** In sentences without a condition only: "I will cancel it once you confirm" promises nothing yet. */
function findPromises(text: string): string[] {
  const sentences = text.split(/[.!?\n]+/).filter((sentence) => !conditional.test(sentence))
  return verbs.flatMap(([verb, form]) =>
    sentences.some((sentence) => form.test(sentence)) ? [verb] : [],
  )
}

const money = String.raw`[$€£]?\s?(\d{1,9}(?:,\d{3})*(?:\.\d{1,2})?)`
const sums = new RegExp(String.raw`${money}((?:\s?\+\s?${money}){1,8})\s?=\s?${money}`, 'g')
const products = new RegExp(String.raw`${money}\s?[×x*]\s?${money}\s?=\s?${money}`, 'g')

/** `a + b = c` and `a × b = c` that do not hold, to the cent. */
function hasWrongSum(text: string): boolean {
  for (const found of text.matchAll(sums)) {
    const parts = [found[1], ...(found[2] ?? '').split('+')].map(readAmount)
    const sum = parts.reduce((total, part) => total + part, 0)
    if (differs(sum, readAmount(found.at(-1)))) return true
  }
  for (const [, a, b, c] of text.matchAll(products)) {
    if (differs(readAmount(a) * readAmount(b), readAmount(c))) return true
  }
  return false
}

const readAmount = (text: string | undefined) => Number((text ?? '').replace(/[^\d.]/g, '') || '0')
const differs = (a: number, b: number) => Math.abs(a - b) > 0.011
