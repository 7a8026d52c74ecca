/** Luhn's check digit (ISO/IEC 7812-1 annex B). */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = i % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return digits.length > 0 && sum % 10 === 0
}

/** What each brand's numbers begin with and how long they are; a number of no brand is not a card. */
const brands: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^(?:30[0-5]|3[689])/, [14, 16, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
]

export const isCardNumber = (digits: string): boolean =>
  !/^(\d)\1+$/.test(digits) &&
  brands.some(([prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length)) &&
  passesLuhn(digits)

/** Lengths by country (SWIFT's IBAN registry). */
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MR: 27,
  MT: 31,
  MU: 30,
  NL: 18,
  NO: 15,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
}

/** ISO 13616: the country's length, and 1 as the remainder of 97 with the first four characters behind. */
export function isIban(plain: string): boolean {
  if (ibanLengths[plain.slice(0, 2)] !== plain.length) return false
  let remainder = 0
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}

/** An address that may lead to somebody: not this machine, a private network or an example (RFC 1918, 5737). */
export function isIpv4(text: string): boolean {
  const parts = text.split('.')
  if (parts.length !== 4 || parts.some((one) => !/^(?:0|[1-9]\d{0,2})$/.test(one))) return false
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number)
  if ([a, b, c, d].some((one) => one > 255) || a === 0 || a === 10 || a === 127 || a >= 224)
    return false
  if ((a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32)) return false
  return !(a === 169 && b === 254)
}

/** RFC 4291: eight groups, or fewer with one `::`; the last two may be an IPv4 address. */
export function isIpv6(text: string): boolean {
  const [head = '', tail, more] = text.split('::')
  if (more !== undefined) return false
  const groups = [...splitGroups(head), ...splitGroups(tail ?? '')]
  const valid = groups.every((one) => /^[0-9a-f]{1,4}$/i.test(one))
  if (!valid) return false
  // Two groups around `::` are a name in a program more often than an address.
  return tail === undefined ? groups.length === 8 : groups.length >= 3 && groups.length <= 7
}

function splitGroups(text: string): string[] {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) ?? ''
  if (!last.includes('.')) return parts
  const bytes = last.split('.').map(Number)
  return bytes.length === 4 && bytes.every((one) => one <= 255)
    ? [...parts.slice(0, -1), '0', '0']
    : ['no group']
}

/** Country codes of one and of two digits (ITU-T E.164); every other begins one of three. */
const oneDigit = /^[17]/
const twoDigits = /^(?:20|27|3[0-469]|4[0-13-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/
const threeDigits =
  /^(?:2[1-689]\d|3[578]\d|42\d|5[09]\d|6[7-9]\d|8[05-8]\d|9(?:6\d|7[0-79]|9[2-68]))/

/**
 * An E.164 number behind a plus, or a national number written as people write one. Digits without any
 * separator are never taken for one: they are order numbers.
 */
export function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, '')
  if (text.startsWith('+')) {
    const known = oneDigit.test(digits) || twoDigits.test(digits) || threeDigits.test(digits)
    return known && digits.length >= 8 && digits.length <= 15
  }
  return nationalForms.some((form) => form.test(text))
}

const nationalForms: readonly RegExp[] = [
  // North America: area and exchange begin with 2 to 9.
  /^(?:1[ .-]?)?\([2-9]\d\d\) ?[2-9]\d\d[ .-]\d{4}$/,
  /^(?:1[ .-])?[2-9]\d\d([.-])[2-9]\d\d\1\d{4}$/,
  /^(?:1 )?[2-9]\d\d [2-9]\d\d[ -]\d{4}$/,
  // United Kingdom.
  /^\(?0(?:\d{4}\)? \d{6}|\d{3}\)? \d{3} \d{4}|\d{2}\)? \d{4} \d{4}|7\d{3} \d{6})$/,
  // France and Belgium: pairs; Germany, Austria and Switzerland: an area code, then the number.
  /^0[1-9](?:[ .-]\d\d){4}$/,
  /^\(?0[1-9]\d{1,4}\)?(?:[ /]|\/ | \/)\d{3,8}(?:[ -]\d{1,5}){0,3}$/,
  // Spain, Italy, Australia, Japan, India.
  /^[679]\d\d \d\d\d \d\d\d$/,
  /^0[2-478] \d{4} \d{4}$|^04\d\d \d{3} \d{3}$/,
  /^0\d{1,3}-\d{1,4}-\d{4}$/,
  /^[6-9]\d{4} \d{5}$/,
]
