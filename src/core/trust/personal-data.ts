import type { Hash } from '../ids.ts'
import type { Keyring } from '../keyring.ts'
import { isCardNumber, isIban, isIpv4, isIpv6, isPhone } from './personal-numbers.ts'

export const personalKinds = ['email', 'phone', 'card', 'iban', 'ip'] as const
type PersonalKind = (typeof personalKinds)[number]

/** Hex of a hash under a key of the installation; the first eight digits name a value. */
export type Sign = (text: string) => string

/** Keyed by the installation's secret; nested, so that no longer text can be signed from a shorter one's. */
export const signUnder = (keyring: Pick<Keyring, 'sign'>, hash: Hash): Sign =>
  placeholderSign(placeholderKey(keyring), hash)

/** The key as text, for a thread that has no keyring. */
export const placeholderKey = ({ sign }: Pick<Keyring, 'sign'>): string =>
  sign('personal-data', 'placeholders')

export const placeholderSign =
  (key: string, hash: Hash): Sign =>
  (text) =>
    hash(`${key}\0${hash(`${key}\0${text}`)}`)

export interface MaskedText {
  readonly text: string
  readonly found: readonly PersonalKind[]
}

interface Rule {
  readonly kind: PersonalKind
  /** Candidates only; linear. */
  readonly pattern: RegExp
  /** Null: it only looks like one. Else the one form that equal values share. */
  readonly canonical: (match: string) => string | null
}

const digitsOf = (text: string) => text.replace(/\D/g, '')

/** Tried in this order: an IBAN holds what could be a card, a card what could be a phone number. */
const rules: readonly Rule[] = [
  {
    kind: 'email',
    pattern:
      /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu,
    canonical: (match) => (/^[.']|\.\.|[.']@/.test(match) ? null : match.toLowerCase()),
  },
  {
    kind: 'iban',
    pattern: /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![\p{L}\p{N}])/gu,
    canonical: (match) => {
      const plain = match.replace(/[ -]/g, '')
      return isIban(plain) ? plain : null
    },
  },
  {
    kind: 'card',
    pattern: /(?<![\p{L}\p{N}_.#-])\d(?:[ -]?\d){12,18}(?![\p{L}\p{N}_]|[.-]\d)/gu,
    canonical: (match) => (isCardNumber(digitsOf(match)) ? digitsOf(match) : null),
  },
  {
    kind: 'ip',
    pattern:
      /(?<![\p{L}\p{N}_.:-])[0-9A-Fa-f:]{2,39}(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})?(?![\p{L}\p{N}_:]|\.\d)/gu,
    canonical: (match) => (isIpv6(match) ? match.toLowerCase() : null),
  },
  {
    kind: 'ip',
    pattern:
      /(?<![\p{L}\p{N}_.-]|version )\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\p{L}\p{N}_]|\.\d)/gu,
    canonical: (match) => (isIpv4(match) ? match : null),
  },
  {
    kind: 'phone',
    pattern: /(?<![\p{L}\p{N}_.#/-])(?:\+|\(\d|\d)[\d ()./-]{6,22}\d(?![\p{L}\p{N}_]|[.,]\d|-\d)/gu,
    canonical: (match) =>
      isPhone(match) ? `${match.startsWith('+') ? '+' : ''}${digitsOf(match)}` : null,
  },
]

/**
 * Replaces personal data by `<personal:KIND:HMAC>`. Equal values give equal placeholders, however they are
 * written, so that what was true of one person stays comparable; without the key they tell nothing. A kind is
 * masked only where its own check holds, because order and flight numbers must stay.
 */
export function maskPersonalData(text: string, sign: Sign): MaskedText {
  const found: PersonalKind[] = []
  let masked = text
  for (const { kind, pattern, canonical } of rules) {
    masked = masked.replace(pattern, (match) => {
      const value = canonical(match)
      if (value === null) return match
      found.push(kind)
      return `<personal:${kind}:${sign(`${kind}\0${value}`).slice(0, 8)}>`
    })
  }
  return { text: masked, found }
}

/** The kinds of personal data in a text, each as often as it is there. */
export const findPersonalData = (text: string): readonly PersonalKind[] =>
  maskPersonalData(text, () => '').found
