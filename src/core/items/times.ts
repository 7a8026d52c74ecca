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
  /** The value that it says it took on: "changed from A to B" gives B. */
  readonly becomes: string | null
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
  /\b(?:(?:(?:was |were |has |have )?(?:been )?(?:changed|moved|switched|renamed|migrated|raised|lowered|increased|reduced|went|passed|shifted|extended|shortened|cut|dropped|rose|fell|grew|transferred)|goes|up|down)) from (.{1,60}?) to (.{1,60}?)(?=[.,;](?:\s|$)|$)/i
const changedJapanese =
  /([^はがを、。\s]{1,30}?)から([^はがを、。\s]{1,30}?)[にへ](?:変更|延長|短縮|変わ|引き上げ|引き下げ)[^。]*/u
const takenOver = /\b(?:took|takes|has taken) over (.{1,80}?) from (.{1,60}?)(?=[.,;](?:\s|$)|$)/i
/** "(it was 5 days before)", ", previously 5 days". */
const formerly =
  /[,;(]\s*(?:(?:it|this|that|which) (?:was|used to be)|previously|formerly) ([^,;()]{1,60}?)(?: before| previously| until now| so far)?\)?(?=[.,;]?\s*$)/i
const insteadOf =
  /(?:[,(]?\s?\b(?:instead of|not|rather than|replacing|formerly|previously|up from|down from)|[,(]\s?was) (?:the (?:old|former|previous) )?([^,;()]{1,60}?)\s*(?:any ?more)?[)]?(?=[.,;](?:\s|$)|$)/i

/** In a longer text the words about time are of some part of it. */
const longest = 1_000

const unsaid = { tense: null, date: null, replaces: null, becomes: null } as const

/** Reads the words about time out of a statement. Relative words are not turned into dates. */
export function readValidity(given: string): Validity {
  const text = given.replace(/\s+/g, ' ')
  if (text.length > longest) return { ...unsaid, rest: text }
  const told = readChange(text)
  if (told) return { ...readValidity(told.rest), tense: 'now', ...told.values }
  const past = pastDated.exec(text)
  if (past) {
    const rest = tidy(text.replace(past[0], ' ').replace(pastWords, ' '))
    return { tense: 'past', date: toDay(past[1]), rest, replaces: null, becomes: null }
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
    becomes: null,
  }
}

interface Change {
  readonly rest: string
  readonly values: Pick<Validity, 'replaces' | 'becomes'>
}

/** A change told with its former value; `rest` says only what holds now. */
function readChange(text: string): Change | null {
  const moved = changed.exec(text) ?? changedJapanese.exec(text)
  if (moved) {
    const [whole, older = '', newer = ''] = moved
    const verb = moved.length === 3 && /\p{Script=Hiragana}/u.test(whole) ? newer : `is ${newer}`
    const values = { replaces: older.trim(), becomes: newer.trim() }
    return { rest: text.replace(whole, () => verb), values }
  }
  const taken = takenOver.exec(text)
  if (taken) {
    const [whole, thing = '', older = ''] = taken
    const becomes = text.slice(0, taken.index).trim()
    const rest = text.replace(whole, () => `has ${thing}`)
    return { rest, values: { replaces: older.trim(), becomes } }
  }
  const was = formerly.exec(text)
  if (!was) return null
  return {
    rest: tidy(text.replace(was[0], () => '')),
    values: { replaces: was[1]?.trim() ?? null, becomes: null },
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
