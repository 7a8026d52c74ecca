/** When a statement holds, as it says itself. */
export interface Validity {
  /** `now`: says that it holds now; `past`: that it held once; null: says nothing. */
  readonly tense: 'now' | 'past' | null
  /** Day from which (or, in the past, until which) it holds, as YYYY-MM-DD; null when it names none. */
  readonly date: string | null
  /** The statement without the words that say so. */
  readonly rest: string
  /** The value that it says it took the place of: "changed from A to B" gives A. */
  readonly replaces: string | null
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const month = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
const date = String.raw`(?:\d{4}-\d{2}(?:-\d{2})?|\d{4}年\d{1,2}月(?:\d{1,2}日)?|(?:the )?(?:beginning of |start of |end of |early |late )?(?:\d{1,2}(?:st|nd|rd|th)? )?${month}\.?(?: \d{1,2}(?:st|nd|rd|th)?,?)?,? \d{4}|q[1-4] \d{4})`

const nowDated = new RegExp(
  String.raw`[([](?:from|since) (${date})[)\]]|[,(\[;—–-]{0,3}\s?\b(?:as of|since|effective(?: from)?|updated(?: on)?|starting(?: from)?|valid from|verified(?: on)?|changed(?: on)?|beginning|in force since)\s+(${date})\s*[)\]:]?,?`,
  'i',
)
const pastDated = new RegExp(
  String.raw`[,(\[;]{0,3}\s?\b(?:until|till|up to|through|before|prior to)\s+(${date})\s*[)\]]?,?`,
  'i',
)
const bareDated = new RegExp(
  String.raw`^\s*[-*]?\s*[[(]?(${date})[\])]?(?:\s*:|\s+[–—-])\s+|[[(](${date})[\])]`,
  'i',
)
const nowWords =
  /\b(?:now|currently|at present|these days|from now on|as of now|nowadays|anymore|any more|at the moment|today)\b|現在|今は|今後/gi
const pastWords =
  /\b(?:previously|formerly|used to(?: be)?|originally|in the past|historically|at first|earlier on|once upon a time|deprecated|outdated|obsolete|no longer valid)\b|以前は|かつて|旧/gi
const changed =
  /\b(?:(?:was |were |has |have )?(?:been )?(?:changed|moved|switched|renamed|migrated|raised|lowered|increased|reduced|went)) from (.{1,60}?) to (.{1,60}?)(?=[.,;](?:\s|$)|$)/i
const insteadOf =
  /(?:[,(]?\s?\b(?:instead of|not|rather than|replacing|formerly|previously|up from|down from)|[,(]\s?was) (?:the (?:old|former|previous) )?([^,;()]{1,60}?)\s*(?:any ?more)?[)]?(?=[.,;](?:\s|$)|$)/i

/** In a longer text the words about time are of some part of it. */
const longest = 1_000

/** Reads the words about time out of a statement. Relative words are not turned into dates. */
export function readValidity(given: string): Validity {
  const text = given.replace(/\s+/g, ' ')
  if (text.length > longest) return { tense: null, date: null, rest: text, replaces: null }
  const moved = changed.exec(text)
  if (moved) {
    const [whole, older = '', newer = ''] = moved
    const rest = text.replace(whole, `is ${newer}`)
    const inner = readValidity(rest)
    return { ...inner, tense: 'now', replaces: older.trim() }
  }
  const past = pastDated.exec(text)
  if (past) {
    const rest = tidy(text.replace(past[0], ' ').replace(pastWords, ' '))
    return { tense: 'past', date: toDay(past[1]), rest, replaces: null }
  }
  const dated = nowDated.exec(text) ?? bareDated.exec(text)
  const day = dated ? toDay(dated.slice(1).find((group) => group !== undefined)) : null
  const plain = dated ? text.replace(dated[0], ' ') : text
  const isPast = matches(plain, pastWords)
  const isNow = !isPast && (matches(plain, nowWords) || (dated !== null && nowDated.test(text)))
  const rest = tidy(plain.replace(pastWords, ' ').replace(nowWords, ' '))
  const instead = isNow || day !== null ? insteadOf.exec(rest) : null
  return {
    tense: isPast ? 'past' : isNow ? 'now' : null,
    date: day,
    rest: instead ? tidy(rest.replace(instead[0], ' ')) : rest,
    replaces: instead?.[1]?.trim() ?? null,
  }
}

const matches = (text: string, pattern: RegExp) => {
  pattern.lastIndex = 0
  const found = pattern.test(text)
  pattern.lastIndex = 0
  return found
}

const tidy = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\s+([.,;:])/g, '$1')
    .replace(/^[\s,;:]+/, '')
    .trim()

/** The first day of what is named; null where it names no day that exists. */
function toDay(text: string | undefined): string | null {
  if (text === undefined) return null
  const iso = /(\d{4})(?:-|年)(\d{1,2})(?:(?:-|月)(\d{1,2}))?/.exec(text)
  if (iso) return format(Number(iso[1]), Number(iso[2]), Number(iso[3] ?? 1))
  const quarter = /q([1-4]) (\d{4})/i.exec(text)
  if (quarter) return format(Number(quarter[2]), Number(quarter[1]) * 3 - 2, 1)
  const year = /(\d{4})\s*$/.exec(text)?.[1]
  const name = new RegExp(month, 'i').exec(text)?.[0].slice(0, 3).toLowerCase()
  const day = /\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)/.exec(text.replace(/\d{4}\s*$/, ''))?.[1]
  const number = months.indexOf(name ?? '') + 1
  return year === undefined || number === 0 ? null : format(Number(year), number, Number(day ?? 1))
}

function format(year: number, monthOf: number, day: number): string | null {
  if (monthOf < 1 || monthOf > 12 || day < 1 || day > 31) return null
  return `${year}-${String(monthOf).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
