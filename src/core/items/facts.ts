/** The parts of a text that may not get lost or differ when two texts are taken for one. */
export interface Facts {
  readonly numbers: readonly string[]
  readonly dates: readonly string[]
  readonly negations: readonly string[]
  readonly quantifiers: readonly string[]
  readonly code: readonly string[]
  readonly names: readonly string[]
}

const spelled: Readonly<Record<string, string>> = {
  zero: '0',
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
  ten: '10',
  eleven: '11',
  twelve: '12',
}

const datePattern =
  /\b\d{4}-\d\d(?:-\d\d)?\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{4}\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:, \d{4})?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b/gi
const codePattern = /`[^`\n]+`|\b\w+_\w+\b|(?:^|\s)(?:~|\.{0,2})\/[\w./-]+|--[\w-]+/g
const numberPattern =
  /(?<![\w.])[$€£]?\d[\d,]*(?:\.\d+)?(?:\s?(?:%|percent|dollars?|usd|eur|euros?|hours?|days?|minutes?|seconds?|weeks?|months?|years?|kg|lbs?|mb|gb|kb|ms|s)\b|\s?%)?/gi
const amount = numberPattern.source.replace(String.raw`(?<![\w.])`, '')
/** An amount with the sign or comparison in front of it: `-18`, `<= 80 %`. */
export const signedNumbers = new RegExp(
  String.raw`(?<![\w.])(?:(?:[<>]=?|[≤≥=±])\s?|(?<![^\s(])[-+~−])?${amount}`,
  'gi',
)
const negationPattern =
  /\b(?:no|not|never|none|neither|nor|without|cannot|\w{2,7}n't|unable|forbidden|prohibited|refuse|deny|non)\b|ない|ません|なく|ず(?=に|、|。|$)|禁止|不可|未(?=\p{Script=Han})/giu
const quantifierPattern =
  /\b(?:always|never|only|except|unless|all|every|any|each|some|most|at most|at least|up to|minimum|maximum|must|may|should|before|after|until|more than|less than)\b|すべて|全て|だけ|のみ|まで|以上|以下|未満|必ず|常に|場合|とき/gi
const namePattern = /(?<![.!?:]\s|^|[-*#>]\s)\b\p{Lu}[\p{L}\p{N}-]+(?:\s\p{Lu}[\p{L}\p{N}-]+)*/gmu

export function extractFacts(text: string): Facts {
  const plain = text.normalize('NFKC').replace(/[‘’]/g, "'")
  const dates = matches(plain, datePattern)
  const code = matches(plain, codePattern).map((token) => token.replaceAll('`', '').trim())
  const rest = plain.replace(datePattern, ' ').replace(codePattern, ' ')
  return {
    numbers: [
      ...matches(rest, numberPattern).map(canonicalNumber),
      ...spelledNumbers(rest),
    ].toSorted(),
    dates,
    negations: matches(rest, negationPattern),
    quantifiers: matches(rest, quantifierPattern),
    code: code.toSorted(),
    names: matches(rest, namePattern),
  }
}

/** The text without its amounts and their units: what they are amounts of is left. */
export const withoutNumbers = (text: string): string => text.replace(numberPattern, ' ')

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([found]) => found.trim().toLowerCase()).toSorted()
}

/** `$1,300` and `1300 dollars` are one amount; a number without a unit stays bare. */
function canonicalNumber(found: string): string {
  const digits = /\d[\d,.]*/.exec(found)?.[0].replace(/[.,]$/, '') ?? ''
  const decimal = /^\d+,\d{1,2}$/.test(digits)
  const value = Number(decimal ? digits.replace(',', '.') : digits.replaceAll(',', ''))
  const unit = unitOf(found)
  return `${value}${unit === '' ? '' : ` ${unit}`}`
}

/** The unit of an amount in one spelling; empty where it has none. */
export function unitOf(found: string): string {
  if (/[$]|dollars?|usd/i.test(found)) return 'usd'
  if (/€|eur/i.test(found)) return 'eur'
  if (/£/.test(found)) return 'gbp'
  if (/%|percent/i.test(found)) return '%'
  const unit = /[a-z]+/i.exec(found)?.[0]?.toLowerCase() ?? ''
  return unit.length > 2 ? unit.replace(/s$/, '') : unit
}

function spelledNumbers(text: string): string[] {
  return (text.toLowerCase().match(/\b[a-z]+\b/g) ?? []).flatMap((word) => {
    const digit = Object.hasOwn(spelled, word) ? spelled[word] : undefined
    return digit === undefined || word === 'one' ? [] : [digit]
  })
}
